"""Each kind of problem that an answer can name, explained: what it means and what to do. ``/problems/{kind}``."""

from core.languages import N_

PROBLEM_KINDS = {
    "account-taken": N_("Another account has this name. Choose another name."),
    "active": N_("The account is open already. There is nothing to do."),
    "address-changed": N_(
        "Labels were printed with another address than the one now set. Printed labels cannot change: leave "
        "the old address answering, and confirm the new one on the console."
    ),
    "already-opened": N_("The pack was opened before, and a pack opens once. Read the lot to see when."),
    "already-reserved": N_("You have this put aside at this depot. End that reservation first, or leave it as it is."),
    "ambiguous-code": N_(
        "A scanner dropped a separator, so that the maker's code can be read in several ways; `readings` "
        "lists them. Send lot and serial number as they stand on the label."
    ),
    "answered": N_("A second person has answered already, and an answer stands. Ask anew if it is still needed."),
    "approved": N_("What was approved stays as it was signed. Book what differs as a new fact."),
    "asset-number": N_("Another piece bears this asset number. Check both, and send a number of its own."),
    "away": N_("The piece is at a workshop already. Take it back from there first."),
    "bad-input": N_(
        "A field cannot be used as sent; `errors` names each field with its reason. Mend these fields and send again."
    ),
    "bad-request": N_(
        "The request cannot be read at all: it is no JSON, not UTF-8, or its address holds what no address "
        "may. Mend the program that sends it."
    ),
    "before-count": N_(
        "The gear was counted after the moment that is named. Say with `counted` whether the count saw this "
        "movement (`included`) or not (`missed`)."
    ),
    "begun": N_("What was to begin counts already. Change what there is instead."),
    "being-restored": N_("A backup is being restored into this database. Try again when that is done."),
    "blank": N_("The label is bound to nothing yet. Bind it first."),
    "bound": N_("The label belongs to another thing, for ever. Take a new label."),
    "broken-off": N_(
        "What was being made (a sheet, a file) was broken off: its process was ended, perhaps for want of memory. "
        "Wait as `Retry-After` says and ask again; if it happens again, ask for less at once."
    ),
    "built-in": N_("This label size is built in and cannot be replaced. Give yours another name."),
    "busy": N_(
        "Too many requests wait for the database. Wait as many seconds as `Retry-After` says and send the "
        "same again, with the same ids."
    ),
    "carrier": N_(
        "A vehicle or kit is a piece of gear as well as a place. Move or retire the piece, and the place follows."
    ),
    "cannot-merge": N_(
        "The two lines of the catalogue do not mean the same, or something of them is under way. `detail` says what "
        "stands against it; the preview names all of it."
    ),
    "changed": N_("The content was changed after it was looked at. Read it anew and decide again."),
    "changed-since": N_(
        "Something changed after it was signed, approved or brought in. Look at it anew; who signed before signs again."
    ),
    "check-overdue": N_(
        "A check of this gear is overdue, and it is of a kind that is never used unchecked. Check it first."
    ),
    "changed-meanwhile": N_(
        "What you change is not as it was when you read it (`If-Match`): somebody else was there first, and nothing "
        "was done. Read it again, look at what differs, and send your change with the new ETag, which `etag` names."
    ),
    "clash": N_(
        "Somebody else booked at the same moment, and both together do not fit. Read what is there and send again."
    ),
    "closed": N_("The matter is closed, and what is closed is not changed. Begin a new one if needed."),
    "closed-account": N_("The account is closed. Open it again first."),
    "closing-planned": N_(
        "The closing of this depot is planned already; `closing` is its id. Go on with that plan, or give it up."
    ),
    "code-taken": N_("Something else of this kind has this code. Choose another."),
    "counted-already": N_("The place is being counted; `count` is the id. Approve that count or give it up first."),
    "counted-since": N_(
        "A count has seen what came in, so that it is not taken back as a whole. Correct it by single movements."
    ),
    "database-away": N_(
        "The database cannot be reached, or takes no writes just now. Wait as `Retry-After` says and send the "
        "same again with the same ids: it is booked once."
    ),
    "date-missing": N_(
        "The lot has no known date, and it is of a kind that is never used without. Look at the gear and set its date."
    ),
    "decided": N_("The proposal is decided already, and the decision stands. Propose anew if things have changed."),
    "depot-closed": N_("The depot is closed. Its page names the depot that has taken over."),
    "directory-answer": N_(
        "The city's directory answered what cannot be used. Its operator mends that; sign in with a password "
        "meanwhile if you have one."
    ),
    "directory-away": N_("The city's directory does not answer. Try again in a moment."),
    "directory-refused": N_(
        "The city's directory did not sign you in; the answer says why. Ask who runs the directory."
    ),
    "directory-state": N_("The sign-in was not begun in this browser, or too long ago. Begin it again."),
    "disk-full": N_(
        "The database's disk is full, and nothing was changed. Whoever runs the server makes room; then send "
        "the same again."
    ),
    "disposal-way": N_(
        "Dangerous goods do not go into the bin. Move them to the hold and dispose of them in the way that "
        "`way_en` names."
    ),
    "elsewhere": N_("By the book the piece is at another depot. Have it looked for, and move it from there."),
    "empty": N_("There is nothing in it yet. Enter something first."),
    "ended": N_("It has ended, and nothing goes there any more. Set up a new one."),
    "entered-before": N_(
        "The very same file was brought in before. Say so if it is to be entered again; else do nothing."
    ),
    "entered-now": N_("The very same file is being brought in at this moment. Wait for that import."),
    "expired": N_(
        "The gear is past its date, and it is of a kind that is never used past it. Take another lot, and "
        "dispose of this one."
    ),
    "first-code": N_(
        "The code of a city's first start is wrong or has run out. Print a new one on the server's console."
    ),
    "forbidden": N_("You are signed in, but your role may not do this. Ask somebody whose role may, or for the role."),
    "gear-in-hand": N_("The person still has gear in hand. Take it back first, or write it off."),
    "handover-open": N_("A handover of this depot is under way; `handover` is its id. Finish it or give it up first."),
    "has-password": N_("The account has a password. Reset it instead of inviting."),
    "has-second-factor": N_("The account has a second factor. End that one first."),
    "id-reused": N_(
        "The id was used before, for another content. An id belongs to one thing for ever: take a new one. To "
        "repeat, send exactly what was sent first."
    ),
    "in-use": N_("Something rests on it: stock, a depot, an item. Move or change that first."),
    "inactive": N_("The account is closed. Open it again first, or leave it closed."),
    "internal": N_(
        "A defect of ours; nothing was changed. Try again, and report it with the time if it happens again."
    ),
    "into-itself": N_("A place cannot stand in itself, nor in what stands in it. Name another."),
    "item-exists": N_("The catalogue has an item with this code. Use that, or choose another code."),
    "keeper-handover": N_(
        "The count belongs to a handover between keepers. It ends with their signatures, or is given up there."
    ),
    "kit-out": N_("The kit or vehicle is out as a whole. What belongs to it is booked when it is back."),
    "known-password": N_(
        "Somebody with fewer rights may know the account's password. The person sets another one first."
    ),
    "last-administrator": N_("The city would be left without an administrator. Name another first."),
    "link": N_("The link was used, has run out, or a newer one has taken its place. Ask for a new one."),
    "linked": N_("The code is linked to something else. Take that link off first."),
    "mail-off": N_("The installation sends no mail. Set a mail server first."),
    "media-type": N_(
        "The body has a media type that is not read here. Send `application/json`, or the type that the "
        "description names."
    ),
    "method": N_("The address does not take this kind of request. The API's description lists which it takes."),
    "moved-on": N_(
        "Some of what was brought in has been moved or used since, so that it is not taken back as a whole. "
        "Correct it by single movements."
    ),
    "needs-approval": N_(
        "An extinguisher is not disposed of by one person. Propose it; somebody else approves, and a photo proves it."
    ),
    "never-here": N_("By the book the thing had not come to any of your depots by then. Check the code and the time."),
    "merged": N_("The line of the catalogue was merged into another. Change that one."),
    "newer": N_("The backup was made by a newer version of the program. Upgrade first."),
    "no-address": N_("The account has no e-mail address. Show the link as a code instead."),
    "no-mail": N_("The installation sends no mail. Show the link as a code instead."),
    "no-password": N_("The account has no password yet. Invite the person instead."),
    "no-passwords": N_("Passwords are not taken here; the city's directory signs people in."),
    "no-reference": N_("The reference data is not loaded. Load it on the console first."),
    "no-refill": N_("A swap of the plan has lost its refill. Strike the swap out as well."),
    "no-second-factor": N_("The account has no second factor, or its set-up was not finished. Begin the set-up again."),
    "no-secret": N_("Only a webhook that is called has a secret."),
    "not-approved": N_("An officer approves this first."),
    "not-back": N_(
        "Lines of the call-out have not come back; `out` lists them. Return them, or say that they are used up or lost."
    ),
    "not-done": N_("The import is not done, or was taken back already. There is nothing to undo."),
    "not-empty": N_("There is still gear or another place in it. Move that first."),
    "not-ended": N_("The message is on its way or has arrived. There is nothing to send again."),
    "not-enough-stock": N_(
        "There is less than was asked for; `available` says how much there is. Ask for less, or look where "
        "else it is with the finder."
    ),
    "not-found": N_("There is no such thing, or it lies beyond what you may see. Check the id or code."),
    "not-given": N_("Who leaves the shift signs first."),
    "not-in-directory": N_("The account is not bound to the city's directory. There is nothing to take off."),
    "not-now": N_("In its present state this cannot be done. Read the state, and wait or begin anew."),
    "not-opened": N_("Opening makes no difference to this item. Take it without opening."),
    "not-out": N_("By the book this piece is not out. Another of the same item may have been lent."),
    "not-signed": N_("The leaving and the coming keeper sign first."),
    "not-spare": N_(
        "The depot can do without less than that; `available` says how much. Change the quantity, or make the "
        "plan anew."
    ),
    "nothing": N_("There is no label to print. Choose something else."),
    "nothing-left": N_("Nothing of this kind is left at the depot. Go on with the next step."),
    "nothing-open": N_("Nothing of the transfer is on the way. There is nothing to receive or take back."),
    "on-hold": N_("The lot was called back or set apart. It must not be used until it is released."),
    "oneself": N_("Nobody closes their own account. Somebody else does."),
    "open": N_("The depot is open. It cannot be opened again."),
    "other-places": N_("The places of the depot have changed. Read them anew and send the whole order."),
    "outcome-unknown": N_(
        "The database went away while this was booked, and nobody knows whether it was. Send the same again "
        "with the same ids: it is booked once."
    ),
    "over": N_("The watch is over. Declare a new one."),
    "own-account": N_(
        "Not for one's own account. It is done on the page of one's account, or by another administrator."
    ),
    "own-right": N_("Nobody takes away their own right to administer. Somebody else does."),
    "photo-used": N_("The photo belongs to another report. Send a new one under a new id."),
    "printer": N_(
        "The label printer cannot be reached; the answer says after how many labels. Look at the printer, and "
        "print the rest."
    ),
    "quarter-rule": N_("More than a quarter of the extinguishers would be away. Put a stand-in in place, or say why."),
    "read-later": N_("Somebody has read this date again since. Look at it once more."),
    "recount": N_(
        "Lines differ so much that they are counted again; `recount` lists them. Somebody else counts these."
    ),
    "rejected": N_("The receiver refuses the transfer. Take back what is on the way."),
    "replaced": N_("Another label has taken this one's place. Use that."),
    "resolved": N_("The alert is resolved. There is nothing to answer."),
    "retired": N_("What it stands in is out of use. Take that into use first."),
    "same-day": N_("Another version begins on that day for the same thing. Choose another day."),
    "not-there": N_("The kit or vehicle is in no place by the book, so nothing goes into it. Enter it as found first."),
    "role-over": N_(
        "A late entry came under a role that has ended. What happened after its end is not booked; what happened "
        "before, at a time that cannot be proved, is stored as refused, and somebody at the depot decides."
    ),
    "same-person": N_("This takes two people, and you are the first. Somebody else goes on."),
    "scrap": N_("The piece has reached its scrap age, and no check makes it good. Propose it for scrap."),
    "seal-used": N_("The seal's number was on this kit before. A new seal has a new number."),
    "refilled-since": N_(
        "By the book something else was put into this device after the moment that is named, and stays in it. "
        "Look what is in it, and report it."
    ),
    "seen-since": N_(
        "By the book somebody has seen this piece after the moment that is named, so that it cannot have been used up, "
        "lost or sent away then. Look for it, and report where it is now."
    ),
    "second-factor": N_(
        "The password is right, and a code of the authenticator is needed too. Send the same again with `code`."
    ),
    "second-factor-code": N_("The code of the authenticator is wrong or has been used. Wait for the next one."),
    "second-factor-required": N_("The role signs in with a second factor. It cannot be turned off."),
    "second-factor-set-up": N_(
        "The account must set up a second factor before programs sign in with it. Sign in with a browser to do so."
    ),
    "several": N_("Several pieces have this number; `lots` lists them. Name the lot and the depot."),
    "several-have-it": N_("Several people or call-outs have some of this. Say whose comes back with `from`."),
    "shared-lot": N_("Other depots have the batch too. A later date is set by somebody who keeps all of them."),
    "sign-in": N_(
        "Nobody is signed in, or account and password do not fit. Programs send `Authorization: Bearer` and a token."
    ),
    "standing": N_("Every depot has this place. It is not changed."),
    "stopped": N_("The import was stopped, and nothing was entered. Begin it again."),
    "there-already": N_("By the book the piece is there already. If it was elsewhere, move it instead."),
    "token": N_("The token is not known, has run out, or was revoked. Take a new one."),
    "too-large": N_("The file, body or list is larger than what is taken. Split or narrow it."),
    "too-late": N_("The request has run out. Ask anew."),
    "too-many": N_("Too many, or too often. With `Retry-After`, wait that many seconds; else send fewer at once."),
    "too-many-reserved": N_("You have as much put aside as one person may. End a reservation first."),
    "too-many-tests": N_("Many tests were sent within a few minutes. Wait a little."),
    "too-mighty": N_("The database's role owns the tables. Take one that only serves."),
    "unchanged": N_("Nothing differs from what there is. There is nothing to do."),
    "uncounted": N_("Lines were not counted; `uncounted` lists them. Have them counted, or approve without them."),
    "unfit": N_("The gear is marked as faulty. It is not used until the fault is closed."),
    "unknown-product": N_(
        "The catalogue does not know the product; `gtin` is its code. Propose it, and an officer says what it is."
    ),
    "unsound": N_(
        "Rows of the database or backup do not fit together. Do not go on with it: take the last sound backup."
    ),
    "witness-needed": N_(
        "Controlled gear leaves the shelf with two people. A second person confirms on their own sign-in; "
        "then send again."
    ),
}
