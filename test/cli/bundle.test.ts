import '../support/loopback-only.js'
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { keptPath, keyOf } from '../../src/cli/remote/kept.js'
import { variables } from '../../src/cli/remote/settings.js'
import { version } from '../../src/version.js'
import { createMachine } from '../support/command-line.js'

/** The one file that engineers get, alone on a machine and beside the broker's half. */

const root = resolve(import.meta.dirname, '..', '..', '..')
execFileSync(process.execPath, [join(root, 'scripts', 'bundle.mjs')])
const whole = join(root, 'build', 'stint.cjs')

t.test('alone it is the half that talks to a broker, and says what it is not', async (t) => {
  const { home, env } = createMachine(t, { STINT_URL: 'https://stint.example.com' })
  const alone = join(home, 'stint')
  copyFileSync(whole, alone)
  const run = (args: readonly string[], more = {}) =>
    spawnSync(process.execPath, [alone, ...args], { env: { ...env, ...more }, encoding: 'utf8' })
  t.match(run(['--version']), { status: 0, stdout: `${version}\n`, stderr: '' })
  t.match(run(['--help']), { status: 0, stdout: /credential-process[^]*come\s+with the server's package/ })
  t.match(run(['serve']), {
    status: 2,
    stdout: '',
    stderr: /unknown command 'serve'[^]*the server's package/,
  })
  t.match(run(['ask']), { status: 2, stderr: /\(stint ask --help says what it takes\)\n$/ })
  t.match(run(['whoami']), { status: 4, stderr: /stint login/ })
  const STINT_ISSUER = 'http://127.0.0.1:9'
  t.match(run(['login'], { STINT_ISSUER, STINT_CLIENT_ID: 'x' }), { status: 10 }, 'what signs in is in it')

  // Kept credentials are handed out from it without a parser, in whatever order the line says what is wanted.
  const place = { env, platform: process.platform, home }
  const key = keyOf('https://stint.example.com', 'orders-debug', '123456789012')
  const path = keptPath(place, key)
  mkdirSync(join(path, '..'), { recursive: true })
  const credentials = {
    accessKeyId: 'ASIAKEPT',
    secretAccessKey: 's',
    sessionToken: 't',
    expiresAt: new Date(Date.now() + 6e5).toISOString(),
  }
  const kept = {
    key,
    grant: 'x',
    credentials,
    issuedAt: Date.now(),
    endsAt: Date.now() + 6e5,
    account: '123456789012',
    arn: 'a',
    regions: [],
  }
  writeFileSync(path, JSON.stringify(kept), { mode: 0o600 })
  const account = ['--account', '123456789012']
  t.match(run(['credential-process', 'orders-debug', ...account]), {
    status: 0,
    stdout: /ASIAKEPT/,
    stderr: '',
  })
  t.match(run(['credential-process', ...account, '--reason', 'why', 'orders-debug']), {
    status: 0,
    stdout: /ASIAKEPT/,
  })
  for (const args of [
    ['orders-debug'],
    ['other', ...account],
    ['orders-debug', ...account, '--url', 'https://other.example.com'],
  ])
    t.match(
      run(['credential-process', ...args]),
      { status: 4, stdout: '' },
      'another role, account or broker gets none',
    )
  t.match(run(['credential-process', 'orders-debug', ...account, 'more']), { status: 2, stdout: '' })
  // Two keys of one name: the whole key is compared.
  writeFileSync(path, JSON.stringify({ ...kept, key: 'other' }))
  t.match(run(['credential-process', 'orders-debug', ...account]), { status: 4, stdout: '' })
})

t.test('beside the broker it is both halves', async (t) => {
  const { env, home } = createMachine(t, {})
  // What an engineer has set for one half is no fault to the other.
  const names = [...Object.values(variables), 'STINT_TOKEN', 'STINT_TOKEN_FILE', 'STINT_GRANT']
  const set = { ...env, ...Object.fromEntries(names.map((name) => [name, 'x'])) }
  const run = (args: readonly string[]) =>
    spawnSync(process.execPath, [whole, ...args], { env: set, encoding: 'utf8' })
  t.match(run(['--help']), { status: 0, stdout: /whoami[^]*serve[^]*lint/ })
  t.match(run(['lint', join(root, 'stint.example.yaml')]), { status: 0, stdout: /0 errors/ })
  t.match(run(['config', 'check', '--config', join(home, 'none')]), {
    status: 2,
    stderr: /cannot be read \(ENOENT\)/,
  })
  t.notMatch(readFileSync(whole, 'utf8'), /better-sqlite3|fastify/, 'nothing of the broker is in it')
})
