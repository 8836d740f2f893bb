// `npm run fuzz`: sets up, builds, and sends far more to every operation of openapi.yaml than `npm test` does, in
// rounds that each have a Stint of their own, on SQLite and on PostgreSQL in turn (`--store sqlite` where that is not
// installed). `npm run fuzz -- --seed 7 --runs 350 --store sqlite` sends again what a failure told.
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const root = resolve(import.meta.dirname, '..')
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string' },
    rounds: { type: 'string' },
    store: { type: 'string' },
  },
})
const runs = Number(values.runs ?? 1_000)
const rounds = Number(values.rounds ?? (values.seed === undefined ? 20 : 1))
const stores = values.store === undefined ? ['sqlite', 'postgres'] : [values.store]
const first = Number(values.seed ?? randomInt(2 ** 30))

const run = (args, env = {}) =>
  spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...env },
  }).status ?? 1

let status = run([join(root, 'scripts', 'setup.mjs')])
for (let round = 0; round < rounds && status === 0; round++)
  status = run([join(root, 'build', 'test', 'http', 'fuzz.test.js')], {
    STINT_TEST_FUZZ_SEED: String(first + round),
    STINT_TEST_FUZZ_RUNS: String(runs),
    STINT_TEST_FUZZ_STORE: stores[round % stores.length],
    // Seconds; a run takes about a fiftieth of one.
    TAP_TIMEOUT: String(60 + Math.ceil(runs / 5)),
  })
process.exit(status)
