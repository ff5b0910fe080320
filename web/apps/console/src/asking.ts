/** Asking is the same in every app of staff. */
export { type Asking, ended, refusal, useAsking } from "@gridpass/staff/asking";
