import '../support/loopback-only.js'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createMachine, program, startOpenStint } from '../support/command-line.js'
import { typed } from '../support/in-process.js'
import { without } from '../support/programs.js'
import { listen } from '../support/wire.js'

/** What `stint` has to do with the machine it is on: the shell that completes it, its terminal, and the doctor. */

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'stint-machine-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const completion = async (shell: string) => (await typed(['completion', shell], {})).out

t.test('shells complete commands, options and choices, and nothing of another command', async (t) => {
  const home = folder(t)
  for (const shell of ['bash', 'zsh', 'fish', 'powershell'])
    writeFileSync(join(home, shell), await completion(shell))
  const env = { PATH: process.env['PATH'], HOME: home, TERM: 'dumb' }
  const ways = {
    bash: (words: readonly string[]) => [
      '-c',
      'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _stint; printf "%s\\n" "${COMPREPLY[@]}"',
      'bash',
      join(home, 'bash'),
      ...words,
    ],
    // What zsh would show is what the function hands to _describe.
    zsh: (words: readonly string[]) => [
      '-fc',
      '_describe() { print -l -- "${(@P)2%%:*}" }; _normal() { print normal }; source "$1"; shift; words=("$@"); CURRENT=$#; _stint',
      'zsh',
      join(home, 'zsh'),
      ...words,
    ],
    fish: (words: readonly string[]) => [
      '--no-config',
      '-c',
      `source ${join(home, 'fish')}; complete -C "${words.join(' ')}"`,
    ],
  }
  for (const [shell, way] of Object.entries(ways))
    await t.test(shell, { skip: without(shell) }, async (t) => {
      const complete = (...words: string[]): readonly string[] => {
        const { stdout, stderr, status } = spawnSync(shell, way(words), {
          env,
          encoding: 'utf8',
          timeout: 20_000,
        })
        t.match([stderr, status === null], ['', false], words.join(' '))
        const found = stdout.split('\n').map((line) => line.split('\t')[0] ?? '')
        return found.filter((word) => word.startsWith(words.at(-1) ?? '') && word !== '')
      }
      t.strictSame(complete('stint', 'sta'), ['status'])
      t.ok(complete('stint', '').includes('extend'))
      t.ok(complete('stint', 'store', '').includes('copy'), 'of both halves')
      t.notOk(complete('stint', 'store', '').includes('extend'))
      t.ok(complete('stint', 'extend', '--').includes('--for'))
      t.notOk(complete('stint', 'end', '--').includes('--for'))
      t.strictSame([...complete('stint', 'vote', 'X', '--answer', '')].sort(), ['no', 'yes'])
      t.notOk(
        complete('stint', 'status', '--', 'ext').includes('extend'),
        'after -- stands a command of its own',
      )
    })
  const powershell = await completion('powershell')
  t.match(powershell, /'' = @\{ .*'extend' = /)
  t.match(powershell, "the broker''s own policy", 'quotes are doubled')
  t.match(await typed(['completion', 'tcsh'], {}), { code: 2, err: /Allowed choices/ })
})

t.test('the doctor says what is wrong, and what mends it', async (t) => {
  const stint = await startOpenStint(t)
  await stint.call('GET', '/v1/me', { as: 'ana' }) // a broker that has seen nobody has no keys of the issuer yet
  const gone = await listen(async () => undefined)
  await gone.close()
  const home = folder(t)
  const bin = join(home, 'bin')
  mkdirSync(bin)
  mkdirSync(join(home, '.aws'))
  const aws = (version: string) => {
    writeFileSync(join(bin, 'aws'), `#!/bin/sh\necho "aws-cli/${version} Python/3"\n`)
    chmodSync(join(bin, 'aws'), 0o755)
  }
  const well = { PATH: bin, STINT_URL: stint.url, STINT_TOKEN: stint.token('ana') }
  const doctor = async (env: Readonly<Record<string, string>> = {}, clock = Date.now) => {
    const { code, out } = await typed(['doctor', '--json'], { ...well, ...env }, {}, { home, clock })
    type Finding = Readonly<Record<'check' | 'level' | 'detail' | 'mend', string>>
    const { checks } = JSON.parse(out) as { checks: Finding[] }
    const bad = checks.filter(({ level }) => level !== 'ok')
    return { code, checks: checks.map(({ check }) => check), bad }
  }
  aws('2.9.19')
  t.strictSame(await doctor(), {
    code: 0,
    checks: ['settings', 'broker', 'clock', 'login', 'network', 'aws', 'keys', 'profiles'],
    bad: [],
  })
  const shown = await typed(['doctor'], well, {}, { home })
  t.match(shown, {
    code: 0,
    out: /^ok +settings +The broker is http.*\n[^]*ok +login +corp#ana, by .*; \d+m left\.\n/,
  })

  t.match(await doctor({ STINT_URL: '' }), { code: 9, bad: [{ check: 'settings', mend: /STINT_URL/ }] })
  t.match(await doctor({ STINT_URL: gone.url }), {
    code: 10,
    bad: [{ check: 'broker', detail: /ECONNREFUSED/, mend: /VPN/ }],
  })
  const other = await listen(async (_request, response) => void response.writeHead(200).end('<html>'))
  t.teardown(other.close)
  const hidden = await listen(
    async ({ url }, response) =>
      void response
        .writeHead(url === '/readyz' ? 404 : 401)
        .end(JSON.stringify({ code: 'unauthenticated', detail: 'There is no token.' })),
  )
  t.teardown(hidden.close)
  t.match(
    await doctor({ STINT_URL: hidden.url }),
    { code: 4, bad: [{ check: 'login' }] },
    'operators may keep /readyz to themselves',
  )
  for (const [status, said, detail] of [
    [200, { status: 'degraded' }, /not all of it/],
    [503, { code: 'keys_unavailable', detail: "No issuer's keys are here." }, /just started/],
  ] as const) {
    const half = await listen(
      async (_request, response) => void response.writeHead(status).end(JSON.stringify(said)),
    )
    t.teardown(half.close)
    const { bad } = await doctor({ STINT_URL: half.url })
    t.match(bad[0], { check: 'broker', level: 'warning', detail })
  }
  t.match(await doctor({ STINT_URL: other.url }), {
    code: 10,
    bad: [{ check: 'broker', detail: /does not answer as a broker/ }],
  })
  const sick = await listen(
    async (_request, response) =>
      void response
        .writeHead(503, { date: '' })
        .end(JSON.stringify({ code: 'x', detail: 'The record cannot be written.' })),
  )
  t.teardown(sick.close)
  t.match(await doctor({ STINT_URL: sick.url }), {
    code: 8,
    bad: [{ check: 'broker', detail: 'The record cannot be written.' }],
  })

  t.match(await doctor({}, () => Date.now() + 70_000), {
    code: 0,
    bad: [{ check: 'clock', level: 'warning', detail: /It is 1m\d+s fast/ }],
  })
  t.match(await doctor({}, () => Date.now() - 600_000), {
    code: 4,
    bad: [{ check: 'clock', level: 'failed', mend: /set-ntp/ }],
  })
  t.match(await doctor({ STINT_TOKEN: stint.idp.token({ exp: 1 }) }), {
    code: 4,
    bad: [{ check: 'login', mend: 'stint login' }],
  })
  t.match(await doctor({ STINT_TOKEN: stint.token('eve') }), {
    code: 0,
    bad: [{ check: 'network', mend: /groups are none/ }],
  })
  stint.rules = stint.rules.replaceAll('from: any', 'from: [office]')
  await stint.app.reload()
  t.match(await doctor(), {
    code: 0,
    bad: [{ check: 'network', detail: /none of your 2 roles/, mend: /one of: office\. Is the VPN up/ }],
  })
  stint.rules = stint.rules.replaceAll('from: [office]', 'from: any')
  await stint.app.reload()

  aws('1.45.11')
  t.match(await doctor(), { code: 0, bad: [{ check: 'aws', detail: /1\.45\.11/ }] })
  rmSync(join(bin, 'aws'))
  t.match(await doctor(), { code: 0, bad: [{ check: 'aws', detail: /There is no AWS CLI here\./ }] })
  aws('2.9.19')
  t.match(await doctor({ AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' }), {
    bad: [{ check: 'keys', detail: /stands over every profile/ }],
  })
  writeFileSync(
    join(home, '.aws', 'credentials'),
    '[old]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n[new]\naws_access_key_id=ASIAX\n',
  )
  t.match(await doctor(), { bad: [{ check: 'keys', detail: /long-lived keys: old\./ }] })
  rmSync(join(home, '.aws', 'credentials'))
  const config = (stintAt: string) =>
    writeFileSync(
      join(home, '.aws', 'config'),
      `[profile orders]\nregion = us-east-1\ncredential_process = "${stintAt}" credential-process orders-debug\n`,
    )
  config(join(bin, 'aws'))
  t.strictSame((await doctor()).bad, [])
  config('/gone/stint')
  t.match(await doctor(), {
    code: 9,
    bad: [{ check: 'profiles', detail: /orders calls a program that is not there/, mend: /stint config/ }],
  })
})

t.test(
  'on a terminal it asks, spins and colours; without one it does none of it',
  { skip: without('script') },
  async (t) => {
    const stint = await startOpenStint(t)
    const { env, run } = createMachine(t, {
      STINT_URL: stint.url,
      STINT_TOKEN: stint.token('bo'),
      TERM: 'xterm',
    })
    const pending = async () => {
      const ask = { role: 'orders-repair', reason: 'mend order 42', ticket: 'OPS-1' }
      return String((await stint.ask('ana', ask, { from: '127.0.0.1' })).body['grant']?.['id'])
    }
    /** Types into a terminal of 80 columns: util-linux's `script` gives the program one. */
    async function terminal(
      line: string,
      keys: string,
      more: Readonly<Record<string, string>> = {},
      steps: readonly (readonly [prompt: string, keys: string])[] = [['[y/N]', keys]],
    ) {
      const command = `stty cols 80; exec ${process.execPath} ${program} ${line}`
      const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
        env: { ...env, ...more },
        stdio: ['pipe', 'pipe', 'inherit'],
        timeout: 30_000,
        killSignal: 'SIGKILL',
      })
      const left = steps.filter(([, keys]) => keys !== '')
      let out = ''
      child.stdout.on('data', (text) => {
        out += String(text)
        const [prompt, keys] = left[0] ?? []
        if (prompt === undefined || !out.includes(prompt)) return
        left.shift()
        child.stdin.write(keys)
      })
      const [code] = (await once(child, 'close')) as [number | null]
      return { code, out }
    }
    const one = await pending()
    t.match(await terminal(`approve ${one}`, 'n\n'), { code: 2, out: /Agree to this\? \[y\/N\]/ })
    t.match((await stint.call('GET', `/v1/grants/${one}`, { as: 'ana' })).body, { state: 'pending' })
    const agreed = await terminal(`approve ${one}`, 'y\n')
    t.match(agreed, { code: 0, out: /asker +corp#ana[^]*is active: orders-repair for corp#ana/ })

    // What is missing is asked for; Ctrl-C leaves the ask as it is, and says how to go on.
    const ana = { STINT_TOKEN: stint.token('ana') }
    const asked = await terminal('ask orders-repair', '', ana, [
      ['Why do you need orders-repair?', 'mend order 43\n'],
      ['Which ticket is it for?', 'OPS-3\n'],
      ['Waiting for 1 of', '\u0003'],
    ])
    t.match(asked, { code: 5, out: /still waits\. Go on with: stint wait [0-9A-Z]{26}\b/ })
    const [, left = ''] = /stint wait (\w{26})/.exec(asked.out) ?? []
    t.match((await stint.call('GET', `/v1/grants/${left}`, { as: 'ana' })).body, {
      state: 'pending',
      reason: 'mend order 43',
      ticket: 'OPS-3',
    })

    const gone = await terminal('ask orders-repair', '', ana, [['Why do you need orders-repair?', '\u0003']])
    t.match(gone, { code: 2, out: /Left without asking/ })
    t.notMatch(gone.out, 'Which ticket', 'who leaves is asked nothing more')

    const list = await terminal('list --state active', '')
    const lines = list.out.split(/\r?\n/).map((line) => line.replace(/^.*\u001b\[K/, ''))
    t.ok(
      lines.filter((line) => line !== '').every((line) => line.length <= 80),
      'a table fits',
    )
    t.match(list.out, /…/)

    const slow = await listen(async (_request, response) => {
      await new Promise((resolve) => setTimeout(resolve, 900))
      response.writeHead(401, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify({ code: 'unauthenticated', detail: 'No \u001b[31m token.' }))
    })
    t.teardown(slow.close)
    const spinning = await terminal('whoami', '', { STINT_URL: slow.url })
    t.match(spinning, { code: 4, out: /⠋ Asking the broker[^]*\u001b\[31mstint: No \\u001b\[31m token\./ })
    t.notMatch((await terminal('whoami', '', { STINT_URL: slow.url, NO_COLOR: '1' })).out, '\u001b[31m')
    const piped = await run(['whoami'], { STINT_URL: slow.url })
    t.strictSame([piped.out, piped.err], ['', 'Asking the broker …\nstint: No \\u001b[31m token.\n'])
  },
)
