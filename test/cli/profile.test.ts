import '../support/loopback-only.js'
import { exec } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { profileLines, withProfile } from '../../src/cli/remote/aws-config.js'
import { consoleUrl } from '../../src/cli/remote/console-url.js'
import { createMachine, program, startOpenStint } from '../support/command-line.js'
import { typed } from '../support/in-process.js'

/** The AWS CLI's own file, and AWS's console. */

t.test('config profile: shown, written, changed, taken out; nothing else is touched', async (t) => {
  const { run, home } = createMachine(t, { STINT_URL: 'https://stint.example.com' })
  const file = join(home, '.aws', 'config')
  const args = ['config', 'profile', 'orders-debug', '--region', 'us-east-1', '--reason', "it's for order 42"]
  t.match(await run(args), {
    code: 2,
    err: /\+ \[profile orders-debug\]\n\+ credential_process = [^]*Give --yes/,
  })
  t.notOk(existsSync(file), 'shown, not written')
  t.match(await run([...args, '--yes']), { code: 0, err: /Written/ })
  const line = `credential_process = "${process.execPath}" "${program}" credential-process orders-debug --reason "it's for order 42" --url "https://stint.example.com"`
  t.equal(readFileSync(file, 'utf8'), `[profile orders-debug]\n${line}\nregion = us-east-1\n`)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.match(await run([...args, '--yes']), { code: 0, err: /Nothing to change/ })

  const theirs = '[default]\nregion = eu-west-1\n\n# mine\n[profile old]\nrole_arn = x\n'
  const moved = join(home, 'dotfile')
  writeFileSync(moved, `${theirs}\n${readFileSync(file, 'utf8')}\n[sso-session x]\nsso_region = y\n`, {
    mode: 0o644,
  })
  mkdirSync(join(home, 'linked'))
  symlinkSync(moved, join(home, 'linked', 'config'))
  const linked = { AWS_CONFIG_FILE: join(home, 'linked', 'config') }
  const changed = await run(['config', 'profile', 'orders-debug', '--yes', '--json'], linked)
  t.match(JSON.parse(changed.out), {
    file: moved,
    changed: true,
    before: [/profile/, /--reason/, /region/],
    after: [/profile/, /credential-process orders-debug --url/],
  })
  t.equal(statSync(moved).mode & 0o777, 0o644, 'the link and the mode stay')
  t.match(await run(['config', 'profile', 'orders-debug', '--remove', '--yes'], linked), {
    code: 0,
    err: /\n- \[profile/,
  })
  t.equal(readFileSync(moved, 'utf8'), `${theirs}\n[sso-session x]\nsso_region = y\n`)
  t.match(await run(['config', 'profile', 'old', '--yes'], linked), { code: 6, err: /that is not stint's/ })
  t.match(await run(['config', 'profile', 'old', '--remove', '--yes'], linked), { code: 6 })

  for (const [flag, value] of [
    ['--reason', '$(touch x)'],
    ['--reason', 'a\nregion = x'],
    ['--reason', 'say "x"'],
    ['--name', 'a]'],
    ['--name', 'a b'],
    ['--account', '1;x'],
    ['--region', 'x\n[default]'],
  ] as const)
    t.match(
      await run(['config', 'profile', 'orders-debug', '--yes', flag, value]),
      { code: 2, err: /must/ },
      value,
    )
  t.match(
    await run(['config', 'check', '--config', join(home, 'none')]),
    { code: 2, err: /cannot be read/ },
    'the other half',
  )
})

t.test(
  'what is written is read by a shell, and by those that split words themselves, as the same',
  async (t) => {
    const stint = await startOpenStint(t)
    const { run, home, env } = createMachine(t, { STINT_URL: stint.url, STINT_TOKEN: stint.token('ana') })
    t.match(await run(['config', 'profile', 'orders-debug', '--yes', '--reason', "it's for order 42"]), {
      code: 0,
    })
    const [, command = ''] =
      /credential_process = (.*)/.exec(readFileSync(join(home, '.aws', 'config'), 'utf8')) ?? []
    const shown = await new Promise<string>((resolve) => exec(command, { env }, (_, out) => resolve(out)))
    t.match(JSON.parse(shown), { Version: 1, AccessKeyId: /^ASIA/ })
  },
)

t.test('a profile goes in and out of any file without a trace', async (t) => {
  const line = fc.constantFrom(
    '[default]',
    '[profile a]',
    '[profile bb]',
    'region = x',
    '# [profile a',
    '  s3 =',
    '',
  )
  const wanted = ['[profile mine]', 'credential_process = x']
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const text = lines.length === 0 ? '' : `${lines.join('\n').trim()}\n`.replace(/^\n$/, '')
      const written = withProfile(text, 'mine', wanted)
      if (profileLines(written, 'mine').join() !== wanted.join()) return false
      if (withProfile(written, 'mine', wanted) !== written) return false
      return withProfile(written, 'mine', []).trimEnd() === text.trimEnd()
    }),
  )
  t.pass()
})

t.test(
  'console: by partition, with nothing secret in an address but that of AWS, or in an argument',
  async (t) => {
    const stint = await startOpenStint(t)
    const asked: { host: string; url: string; body: string }[] = []
    let token: unknown = 'the/token+='
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (part) => (body += String(part)))
      request.on('end', () => {
        asked.push({ host: String(request.headers['x-host']), url: request.url ?? '', body })
        response.writeHead(200).end(JSON.stringify({ SigninToken: token }))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => void server.close())
    const { port } = server.address() as AddressInfo
    const machine = createMachine(t, {})
    const world = {
      home: machine.home,
      fetch: ((input, init) => {
        const url = new URL(String(input))
        if (url.hostname === '127.0.0.1') return fetch(input, init)
        return fetch(`http://127.0.0.1:${port}${url.pathname}`, { ...init, headers: { 'x-host': url.host } })
      }) as typeof fetch,
    }
    const env = { STINT_URL: stint.url, STINT_TOKEN: stint.token('ana'), PATH: process.env['PATH'] ?? '' }
    const why = ['--reason', 'order 42 is stuck']
    const printed = await typed(['console', 'orders-debug', '--print', ...why], env, {}, world)
    t.equal(printed.code, 0, printed.err)
    const url = new URL(printed.out.trim())
    t.equal(url.origin + url.pathname, 'https://signin.aws.amazon.com/federation')
    t.match(Object.fromEntries(url.searchParams), {
      Action: 'login',
      Destination: 'https://console.aws.amazon.com/console/home?region=us-east-1',
      SigninToken: token,
    })
    t.match(asked[0], { host: 'signin.aws.amazon.com', url: '/federation' })
    const form = new URLSearchParams(asked[0]!.body)
    t.match(JSON.parse(form.get('Session')!), {
      sessionId: /^ASIA/,
      sessionKey: String,
      sessionToken: String,
    })
    t.notOk(form.has('SessionDuration'))

    const [seen, opener] = [join(machine.home, 'seen'), join(machine.home, 'browser')]
    const visit = `fetch(process.argv[1],{redirect:'manual'}).then(r=>require('fs').writeFileSync('${seen}',process.argv[1]+' '+r.headers.get('location')))`
    writeFileSync(opener, `#!/bin/sh\nexec "${process.execPath}" -e "${visit}" "$1"\n`, { mode: 0o755 })
    const opened = await typed(['console', 'orders-debug'], { ...env, BROWSER: opener }, {}, world)
    t.match(opened, { code: 0, out: '' })
    for (let left = 50; !existsSync(seen) && left > 0; left -= 1)
      await new Promise((resolve) => setTimeout(resolve, 100))
    t.match(
      readFileSync(seen, 'utf8'),
      /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32} https:\/\/signin\.aws\.amazon\.com\/federation\?/,
    )
    t.match(await typed(['console', 'orders-debug'], { ...env, BROWSER: '/nonexistent' }, {}, world), {
      code: 2,
      err: /--print/,
    })
    const credentials = { accessKeyId: 'A', secretAccessKey: 'S', sessionToken: 'T', expiresAt: '' }
    for (const [partition, host] of [
      ['aws-cn', 'signin.amazonaws.cn'],
      ['aws-us-gov', 'signin.amazonaws-us-gov.com'],
    ] as const)
      t.equal(
        new URL(await consoleUrl(world, credentials, `arn:${partition}:iam::1:role/x`, undefined)).host,
        host,
      )
    await t.rejects(consoleUrl(world, credentials, 'arn:constructor:iam::1:role/x', undefined), {
      code: 'invalid_request',
    })
    token = { no: 'text' }
    t.match(await typed(['console', 'orders-debug', '--print'], env, {}, world), {
      code: 10,
      out: '',
      err: /gives no token/,
    })
  },
)
