// Publishes the participants that `/plan` names; commands come as server-sent events, and what happens is
// posted back, one JSON object an event.

import { Participant } from "/participant.js";
import { now } from "/truth.js";

let posted = Promise.resolve();
/** In order: each waits for the one before. */
function say(event) {
  const body = JSON.stringify(event);
  posted = posted.then(() => fetch("/event", { method: "POST", body }));
  return posted;
}

addEventListener("error", (e) => say({ event: "error", text: `${e.message} (${e.filename}:${e.lineno})` }));
addEventListener("unhandledrejection", (e) => say({ event: "error", text: String(e.reason?.stack ?? e.reason) }));

const plan = await (await fetch("/plan")).json();
const people = new Map(plan.participants.map((p) => [p.identity, new Participant(p, plan.options, say)]));

const verbs = {
  mute: (person) => person.mute(true),
  unmute: (person) => person.mute(false),
  camera_off: (person) => person.cameraOff(),
  camera_on: (person) => person.cameraOn(),
  resize: (person, { width, height }) => person.resize(width, height),
  join: (person) => person.join(),
  leave: (person) => person.leave(),
};

async function obey(command) {
  const chosen = command.who ? [people.get(command.who)] : [...people.values()];
  await Promise.all(chosen.map((person) => verbs[command.do](person, command)));
  await say({ event: "done", do: command.do, at: now() });
}

let commands = Promise.all([...people.values()].filter((p) => !p.later).map((p) => p.join()));
commands = commands.then(() => say({ event: "ready", at: now() }));
new EventSource("/commands").onmessage = ({ data }) => {
  commands = commands.then(() => obey(JSON.parse(data)));
};
