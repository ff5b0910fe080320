/** The one line of server events that the app keeps open while somebody works; every list listens to it. */
import { subscribe } from "@gridpass/kit/events";
import { onUnmounted } from "vue";

export interface Listener {
  onEvent(event: string): void;
}

const listeners = new Set<Listener>();

/** Opens the line; answers what closes it. */
export function openLine(token: string): () => void {
  const line = subscribe({
    path: "/api/v1/events",
    token,
    onEvent: ({ event }) => listeners.forEach((one) => one.onEvent(event)),
  });
  return () => line.close();
}

/** Listens until the answer is called. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Listens while the component that calls this is there. */
export function useLine(listener: Listener): void {
  onUnmounted(listen(listener));
}
