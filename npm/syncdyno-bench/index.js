// The bench from a test: runs the program, reads what it found, and fails with the words of that.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What was found, where the bench found something. */
export class BenchError extends Error {
  constructor(message, run) { super(message); this.name = 'BenchError'; this.run = run }
}

const told = (cell, sets) => {
  const found = (cell.violations ?? []).slice(0, 3).map(({ check, text }) => `  ${check}: ${text}`)
  const reasons = (cell.reasons ?? []).map(reason => reason.check ?? reason.what ?? reason.text ?? reason.code).join(', ')
  return [`seed ${cell.seed} (${cell.id}): ${reasons}`, ...found, `  replay: ${['syncdyno run', cell.path, '--seed', cell.seed, ...sets].join(' ')}`].join('\n')
}

/** Runs a scenario on the bench; throws with the failing seeds and how to repeat them. */
export function bench(scenario, { seeds = '1..=3', set = {}, program = process.env.SYNCDYNO ?? 'syncdyno', args = [], cwd } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'syncdyno-'))
  try {
    const sets = Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${typeof value === 'string' ? JSON.stringify(value) : value}`])
    const out = join(folder, 'out')
    const ran = spawnSync(program, ['run', scenario instanceof URL ? fileURLToPath(scenario) : scenario, '--seeds', String(seeds), '--out', out, ...sets, ...args], { encoding: 'utf8', cwd })
    if (ran.error) throw new BenchError(`cannot run \`${program}\` (set SYNCDYNO to its path): ${ran.error.message}`)
    let run
    try { run = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) } catch { throw new BenchError(`${ran.stdout}${ran.stderr}`.trim()) }
    const figure = name => Math.max(...run.cells.flatMap(cell => (cell.metrics?.[name] === undefined ? [] : [Number(cell.metrics[name]?.value ?? cell.metrics[name])])))
    const failing = run.cells.filter(cell => cell.verdict !== 'pass')
    if (ran.status !== 0) throw new BenchError(failing.length > 0 ? failing.map(cell => told(cell, sets)).join('\n') : `${ran.stdout}${ran.stderr}`.trim(), run)
    return { run, figure, text: ran.stdout }
  } finally { rmSync(folder, { recursive: true, force: true }) }
}
