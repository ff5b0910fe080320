/** One server, one browser, all specs in turn. */
import { after, before } from "node:test";
import { openBrowser } from "./lib/browser.mjs";
import { enterDistrict } from "./lib/district.mjs";
import { drawPortrait } from "./lib/portrait.mjs";
import { startServer } from "./lib/server.mjs";
import { appealSpecs } from "./specs/appeals.mjs";
import { cameraSpecs } from "./specs/camera.mjs";
import { consoleSpecs } from "./specs/console.mjs";
import { fieldSpecs } from "./specs/field.mjs";
import { gateSpecs } from "./specs/gate.mjs";
import { gatesSpecs } from "./specs/gates.mjs";
import { guomiSpecs } from "./specs/guomi.mjs";
import { identitySpecs } from "./specs/identity.mjs";
import { peopleSpecs } from "./specs/people.mjs";
import { quarantineSpecs } from "./specs/quarantine.mjs";
import { redSpecs } from "./specs/red.mjs";
import { residentSpecs } from "./specs/resident.mjs";
import { rulesSpecs } from "./specs/rules.mjs";
import { challengeSpecs, passSpecs, withoutServerSpecs } from "./specs/pass.mjs";
import { shiftSpecs } from "./specs/shift.mjs";
import { staffSpecs } from "./specs/staff.mjs";

const world = { stoppable: !process.env.GRIDPASS_PUBLIC_URL };

before(async () => {
  world.server = await startServer();
  world.browser = await openBrowser();
  world.district = await enterDistrict(world.server);
  world.portrait = await drawPortrait(world.browser);
});
after(async () => {
  await world.browser?.close();
  await world.server?.end();
});

passSpecs(world);
residentSpecs(world);
gateSpecs(world);
cameraSpecs(world);
shiftSpecs(world);
gatesSpecs(world);
consoleSpecs(world);
fieldSpecs(world);
peopleSpecs(world);
quarantineSpecs(world);
appealSpecs(world);
redSpecs(world);
rulesSpecs(world);
staffSpecs(world);
identitySpecs(world);
challengeSpecs(world);
guomiSpecs(world);
withoutServerSpecs(world);
