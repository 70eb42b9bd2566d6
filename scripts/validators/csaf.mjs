// Runs the schema and the mandatory tests of CSAF 2.0 over documents; called by validate.py.
//
//   node csaf.mjs FOLDER      FOLDER: where node_modules with @secvisogram/csaf-validator-lib stands
//
// Standard input: a JSON list of documents, each as text. Standard output: for each the list of its errors.
import { pathToFileURL } from 'node:url'
import { readFileSync } from 'node:fs'

const library = pathToFileURL(`${process.argv[2]}/node_modules/@secvisogram/csaf-validator-lib/`).href
const { default: validate } = await import(`${library}validateStrict.js`)
const { csaf_2_0_strict } = await import(`${library}schemaTests.js`)
const mandatory = await import(`${library}mandatoryTests.js`)

const outcomes = []
for (const text of JSON.parse(readFileSync(0, 'utf-8'))) {
  const result = await validate([csaf_2_0_strict, ...Object.values(mandatory)], JSON.parse(text))
  const errors = result.tests.flatMap((test) =>
    test.errors.map((error) => `${test.name} ${error.instancePath}: ${error.message}`)
  )
  if (!result.isValid && errors.length === 0) errors.push('not valid, and no test says why')
  outcomes.push(errors)
}
process.stdout.write(JSON.stringify(outcomes))
