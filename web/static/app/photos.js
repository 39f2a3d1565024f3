// Photos: made small on the phone, drawn anew so that position and device stay behind.
import { icon } from "./icons.js";
import { newId } from "./net.js";
import { _, draw, html, toast } from "./ui.js";

const LONGEST_EDGE = 1280;
const MOST = 5;

async function shrink(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_EDGE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.7));
}

// A box that takes photos into `list`, which goes with the entry.
export function photoBox(list) {
  const take = async (event) => {
    for (const file of [...event.target.files].slice(0, MOST - list.length)) {
      try {
        list.push({ id: newId(), blob: await shrink(file) });
      } catch {
        toast(_("This is not a photo that can be read."), "bad");
      }
    }
    event.target.value = "";
    draw();
  };
  return html`<div class="photos">
    <label class="button quiet" for="photo-file">${icon("add")} ${_("Add a photo")} ${list.length ? `(${list.length})` : ""}</label>
    <input id="photo-file" class="visually-hidden" type="file" accept="image/*" multiple @change=${take} />
    ${list.map((one) => html`<img alt=${_("Photo")} src=${(one.url ??= URL.createObjectURL(one.blob))} />`)}
  </div>`;
}
