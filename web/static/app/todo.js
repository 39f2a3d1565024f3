// What is to do at a depot: the server's list, less what this phone has done and that list does not know yet. Only what
// an act does takes a line away: one check of a thing leaves its other checks, a part that came back leaves the rest.
import { OUT, book, fromServer } from "./book.js";

// What an act leaves of a task, seen in the picture that it is laid over
const LEFT = {
  check: ({ entry, task }) =>
    !entry.lines?.some(({ thing, plan }) => (book.shelves.codes[thing] ?? thing) === task.about && plan === task.plan),
  "give-back": ({ task }) =>
    book.rows.some(
      ({ place, lot }) => place === task.about || (lot.id === task.about && OUT.includes(book.place.get(place)?.kind)),
    ),
  "receive-transfer": ({ task }) =>
    fromServer("transfers").some((one) => one.id === task.about && one.on_the_way.length > 0),
};
const mentions = (entry, id) => JSON.stringify(entry).includes(id);

const isDone = (task, acts) =>
  acts.some(({ entry }) => {
    if (!entry || !task.by.includes(entry.kind)) return false;
    const left = LEFT[entry.kind];
    return (entry.kind === "check" || mentions(entry, task.about)) && !left?.({ entry, task });
  });

/** The tasks that none of these acts has done, by the picture that the acts are laid over. */
export const stillToDo = (tasks, acts) => tasks.filter((task) => !task.about || !isDone(task, acts));
