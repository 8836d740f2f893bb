import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startDeviceSignIn } from '../support/device-sign-in.js'
import { alike, blocksOf } from '../support/page.js'
import { without } from '../support/programs.js'
import { startStint, usualRules, type Person } from '../support/stint.js'

/** docs/curl.md, typed from top to bottom into one shell, against Stint and a sign-in on loopback. */

const page = readFileSync(new URL('../../../docs/curl.md', import.meta.url), 'utf8')
const people: Readonly<Record<string, Person>> = {
  engineer: 'ana',
  approver: 'bo',
  operator: 'ola',
  auditor: 'cy',
}
const secret = 'a-secret-of-the-directory-000000000'

t.test('docs/curl.md does what it says', { skip: without('curl', 'jq', 'openssl') }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'stint-curl-'))
  const stint = await startStint({
    rules: `${usualRules}leavers: { directory: corp }\n`,
    change: (same) => ({ ...same, env: { ...same.env, STINT_LEAVERS_SECRET: secret } }),
  })
  // curl is another process: the clock has to go on by itself.
  const ticking = setInterval(() => stint.clock.advance(5), 5)
  const signIn = await startDeviceSignIn(() => stint.token('ana'))
  t.teardown(async () => {
    clearInterval(ticking)
    await Promise.all([stint.close(), signIn.close()])
    rmSync(folder, { recursive: true, force: true })
  })
  for (const name of ['out', 'err', 'work']) mkdirSync(join(folder, name))
  // What the page leaves out: the load balancer before Stint, which says where the office's callers are.
  writeFileSync(join(folder, '.curlrc'), 'header = "X-Forwarded-For: 203.0.113.7"\n')
  for (const [who, person] of Object.entries(people)) writeFileSync(join(folder, who), stint.token(person))

  const blocks = blocksOf(page)
  t.ok(blocks.length > 25, 'the page was read')
  t.ok(
    blocks.every(({ who }) => who === '' || who in people),
    'everybody in it is known',
  )
  let typing = 'engineer' // who signs in first by the page's own means
  const script = blocks.map(({ who, script }, index) => {
    const changed = who !== '' && who !== typing
    if (changed) typing = who
    const become = changed ? `TOKEN=$(cat ../${who})\n` : ''
    return `${become}{\n${script}} >../out/${index} 2>../err/${index}\n`
  })
  const shell = spawn('sh', ['-u', '-c', script.join('')], {
    cwd: join(folder, 'work'),
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      CURL_HOME: folder,
      STINT: stint.url,
      STINT_LEAVERS_SECRET: secret,
      ISSUER: signIn.issuer,
      CLIENT: signIn.client,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  const [code] = (await once(shell, 'exit')) as [number | null]
  t.equal(code, 0, 'the shell came to its end')
  const read = (kind: string, index: number) => {
    try {
      return readFileSync(join(folder, kind, String(index)), 'utf8')
    } catch {
      return 'never run'
    }
  }
  for (const [index, { line, prints = '' }] of blocks.entries()) {
    t.equal(alike(read('out', index)), alike(prints), `docs/curl.md:${line}`)
    t.equal(read('err', index), '', `docs/curl.md:${line} complains of nothing`)
  }
})
