// The scanning box of a page: live camera, a field for typing and hand-held scanners, a photo from the gallery.
import { Camera, beep, decode } from "./camera.js";
import { read } from "./codes.js";
import { icon } from "./icons.js";
import { ask, session } from "./net.js";
import { N_, _, draw, html, nothing, toast } from "./ui.js";

let camera;
let why;
let light = false;
let watching = "";
let fault = ""; // of what was typed; the text stays in its field
const LONGEST_WAIT = 5_000; // milliseconds

// Shown by every page that scans; `name` keeps two pages' cameras apart, `tell` is given each text and answers whether
// it could be used: false sounds low, "again" (known already) is silent.
export function scanner(name, tell) {
  const told = (text) => {
    const used = tell(text);
    if (used !== "again") beep(used !== false);
    draw();
    return used;
  };
  if (watching !== name) queueMicrotask(() => begin(name, told));
  if (camera) camera.tell = told;
  const typed = async (event) => {
    event.preventDefault();
    const box = event.target.elements.code;
    const text = box.value.trim();
    if (!text) return;
    fault = await misread(text);
    if (fault) beep(false);
    else if (told(text) === false) fault = N_("This cannot be used here. Look at the code again.");
    if (!fault) box.value = "";
    box.focus();
    draw();
  };
  const chosen = async (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (!file) return;
    const { texts } = await decode(file, true);
    if (texts.length) texts.slice(0, 1).forEach(told);
    else toast(_("No code can be read in this photo. Go closer, with more light."), "bad");
  };
  return html`<section class="scanner" aria-label=${_("Scan")}>
    <div class="lens ${why ? "off" : ""}">
      <video id="lens" playsinline muted aria-label=${_("Camera picture")}></video>
      ${
        camera?.hasTorch
          ? html`<button class="torch" aria-pressed=${light} @click=${torch}>☼ ${_("Light")}</button>`
          : nothing
      }
    </div>
    ${why ? html`<p class="notice warn" role="alert">${_(why)}</p>` : nothing}
    <form class="row" novalidate @submit=${typed}>
      <input
        name="code"
        aria-label=${_("Code on the label")}
        placeholder="7K3M-9QXW"
        autocomplete="off"
        autocapitalize="characters"
        spellcheck="false"
        maxlength="300"
        aria-invalid=${fault ? "true" : nothing}
        aria-describedby="code-fault"
        @input=${() => fault && (((fault = ""), draw()))}
      />
      <button class="quiet">${_("Enter")}</button>
      <label class="button quiet" for="scan-photo" title=${_("Choose a photo")}
        ><span aria-hidden="true">${icon("picture")}</span><span class="visually-hidden">${_("Choose a photo")}</span></label
      >
      <input id="scan-photo" class="visually-hidden" type="file" accept="image/*" @change=${chosen} />
    </form>
    <p class="fault" id="code-fault" role="alert">${fault ? _(fault) : ""}</p>
  </section>`;
}

// A code that was typed and is not known here: only the server knows whether its check character fits. The keeper
// waits a moment at most; without a signal it goes on as it is.
async function misread(text) {
  if (!["unknown", "foreign"].includes(read(text).kind) || !session.online) return "";
  const moment = new Promise((resolve) => setTimeout(resolve, LONGEST_WAIT, {}));
  const answer = await Promise.race([ask("GET", `/api/scan?text=${encodeURIComponent(text)}`), moment]);
  return answer.body?.reading === "mistyped"
    ? N_("The check character does not fit: one character is wrong. Compare with the label.")
    : "";
}

async function begin(name, tell) {
  endScan();
  watching = name;
  const video = document.getElementById("lens");
  if (!video) return;
  camera = new Camera(video, tell);
  why = await camera.start();
  draw();
}

async function torch() {
  light = !light;
  await camera.torch(light);
  draw();
}

// Called whenever a page is left: the camera goes off.
export function endScan() {
  camera?.stop();
  camera = undefined;
  why = undefined;
  light = false;
  watching = "";
  fault = "";
}
