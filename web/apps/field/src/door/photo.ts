/** A portrait made small on the phone: at most 800 pixels. */
import { shrinkPicture } from "@gridpass/kit/picture";

const SIDE_PX_MAX = 800;

export const shrink = (file: Blob): Promise<Blob> => shrinkPicture(file, SIDE_PX_MAX);
