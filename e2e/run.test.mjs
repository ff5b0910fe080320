/** One server, one browser, all specs in turn. */
import { after, before } from "node:test";
import { openBrowser } from "./lib/browser.mjs";
import { enterDistrict } from "./lib/district.mjs";
import { drawPortrait } from "./lib/portrait.mjs";
import { startServer } from "./lib/server.mjs";
import { appealSpecs } from "./specs/appeals.mjs";
import { cameraSpecs } from "./specs/camera.mjs";
import { catalogueSpecs } from "./specs/catalogue.mjs";
import { consoleSpecs } from "./specs/console.mjs";
import { diarySpecs } from "./specs/diary.mjs";
import { fieldSpecs } from "./specs/field.mjs";
import { gateSpecs } from "./specs/gate.mjs";
import { gatesSpecs } from "./specs/gates.mjs";
import { guomiSpecs } from "./specs/guomi.mjs";
import { holdsSpecs } from "./specs/holds.mjs";
import { identitySpecs } from "./specs/identity.mjs";
import { labSpecs } from "./specs/lab.mjs";
import { languageSpecs } from "./specs/languages.mjs";
import { ownAppealSpecs } from "./specs/own-appeals.mjs";
import { mapSpecs } from "./specs/map.mjs";
import { mapConsoleSpecs } from "./specs/maps-console.mjs";
import { menuSpecs } from "./specs/menu.mjs";
import { peopleSpecs } from "./specs/people.mjs";
import { placeSpecs } from "./specs/place.mjs";
import { quarantineSpecs } from "./specs/quarantine.mjs";
import { redSpecs } from "./specs/red.mjs";
import { responseSpecs } from "./specs/response.mjs";
import { residentSpecs } from "./specs/resident.mjs";
import { riskSpecs } from "./specs/risk.mjs";
import { rulesSpecs } from "./specs/rules.mjs";
import { challengeSpecs, passSpecs, withoutServerSpecs } from "./specs/pass.mjs";
import { shiftSpecs } from "./specs/shift.mjs";
import { staffSpecs } from "./specs/staff.mjs";

const world = { stoppable: !process.env.GRIDPASS_PUBLIC_URL };

before(async () => {
  // Gates show their codes as addresses of the pass.
  world.server = await startServer((server) => ["--pass-url", server.publicUrl]);
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
ownAppealSpecs(world);
languageSpecs(world);
diarySpecs(world);
placeSpecs(world);
gateSpecs(world);
cameraSpecs(world);
shiftSpecs(world);
gatesSpecs(world);
consoleSpecs(world);
menuSpecs(world);
fieldSpecs(world);
mapSpecs(world);
mapConsoleSpecs(world);
peopleSpecs(world);
quarantineSpecs(world);
appealSpecs(world);
redSpecs(world);
riskSpecs(world);
rulesSpecs(world);
catalogueSpecs(world);
labSpecs(world);
holdsSpecs(world);
responseSpecs(world);
staffSpecs(world);
identitySpecs(world);
challengeSpecs(world);
guomiSpecs(world);
withoutServerSpecs(world);
