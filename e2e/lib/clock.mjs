/** The simulated clock of a server that was started with one. */

/** Sets it. */
export async function setClock(server, now_ms) {
  const body = JSON.stringify({ now: new Date(now_ms).toISOString() });
  const answer = await fetch(`${server.staffUrl}/api/v1/clock`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body,
  });
  if (!answer.ok) throw new Error(`clock: ${answer.status} ${await answer.text()}`);
}
