// Reads formulas aloud for audio/text/formulas/node.py: one line of JSON in ({id, mathml}), one line out ({id, speech} or
// {id, error}), after {ready: version}. Ends when its input does. Argument: the folder where npm installed the package.
"use strict";

const path = require("path");
const readline = require("readline");

const home = path.join(path.resolve(process.argv[2]), "node_modules", "speech-rule-engine");
const say = (message) => process.stdout.write(JSON.stringify(message) + "\n");

const WARM_UP = [
  "<mfrac><mn>1</mn><mi>x</mi></mfrac>",
  "<mrow><mo>(</mo><mi>a</mi><mo>+</mo><mi>b</mi><msup><mo>)</mo><mn>2</mn></msup></mrow>",
  "<mrow><mi>x</mi><mo>=</mo><mfrac><mrow><mi>b</mi><mo>&#177;</mo><msqrt><mn>4</mn></msqrt></mrow><mn>2</mn></mfrac></mrow>",
  "<mrow><munderover><mo>&#8721;</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>i</mi></mrow>",
  "<mrow><msubsup><mo>&#8747;</mo><mn>0</mn><mn>1</mn></msubsup><msub><mi>x</mi><mn>1</mn></msub><mi>d</mi><mi>x</mi></mrow>",
];

async function main() {
  const engine = require(home);
  await engine.setupEngine({
    domain: "clearspeak", locale: "en", modality: "speech", markup: "punctuation", json: path.join(home, "lib", "mathmaps"),
  });
  await engine.engineReady();
  for (const warmUp of WARM_UP) engine.toSpeech(`<math>${warmUp}</math>`); // the first of a kind takes 50 to 150 ms
  say({ ready: engine.version });
  const lines = readline.createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    const { id, mathml } = JSON.parse(line);
    try {
      say({ id, speech: engine.toSpeech(mathml) });
    } catch (fault) {
      say({ id, error: String((fault && fault.message) || fault) });
    }
  });
  lines.on("close", () => process.exit(0));
}

main().catch((fault) => {
  say({ error: String((fault && fault.message) || fault).split("\n")[0] });
  process.exit(1);
});
