// `npm run faults`: sets up, builds, and breaks brokers of their own processes on both stores, in every way that
// docs/faults.md tells of. `npm run faults -- --seed 7 --rounds 100 --only 'kill -9' --store sqlite`.
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const run = (...args) =>
  spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  }).status ?? 1

const status = run(join(root, 'scripts', 'setup.mjs'))
process.exit(status || run(join(root, 'build', 'faults', 'main.js'), ...process.argv.slice(2)))
