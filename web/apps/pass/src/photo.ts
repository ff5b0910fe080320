/** A portrait made small on the phone: at most 800 pixels. */
import { shrinkPicture } from "@gridpass/kit/picture";
import { putOwnPhoto } from "./calls";
import { currentHolder, photoTaken } from "./holder";

const SIDE_PX_MAX = 800;

/** Sends a chosen picture and keeps what was sent. */
export async function changePhoto(file: File): Promise<void> {
  const holder = currentHolder();
  if (!holder) return;
  const small = await shrinkPicture(file, SIDE_PX_MAX);
  await putOwnPhoto(holder.token, small);
  await photoTaken(small);
}
