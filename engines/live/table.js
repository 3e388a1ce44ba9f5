// The table of README.md: node table.js RUN… LIVE. In how many sessions under the folder LIVE, and in how many seeds of simulated
// runs, each check found something. Two phones are those of Chromium.
import { readFileSync, readdirSync } from 'node:fs'

const folders = process.argv.slice(2), live = folders.pop()
const cells = folder => JSON.parse(readFileSync(`${folder}/run.json`, 'utf8')).cells
const found = {}, count = {}
function add(way, { variant, devices, violations, ending }) {
  const engine = devices === 2 ? 'chromium' : variant
  count[`${engine} ${way}`] = (count[`${engine} ${way}`] ?? 0) + 1
  const checks = new Set(violations.map(({ check }) => check))
  if (ending.kind !== 'drained') checks.add(ending.kind)
  for (const check of checks) {
    const row = (found[engine] ??= {})[check] ??= { live: 0, simulated: 0 }
    row[way]++
  }
}
for (const folder of folders) for (const cell of cells(folder)) add('simulated', cell)
for (const name of readdirSync(live)) add('live', cells(`${live}/${name}/served/verdict`)[0])
console.log('| engine | check | live | simulated |\n|---|---|---|---|')
for (const engine of Object.keys(found).sort()) {
  const of = way => count[`${engine} ${way}`] ?? 0
  for (const check of Object.keys(found[engine]).sort()) {
    const row = found[engine][check]
    console.log(`| ${engine} | \`${check}\` | ${row.live} of ${of('live')} | ${row.simulated} of ${of('simulated')} |`)
  }
}
