// `node scripts/session.mjs` (after `npm run build`): types a session into a real terminal, against Stint and AWS-like
// services on loopback, and draws what it showed as docs/session.svg. Needs util-linux's `script` and the AWS CLI.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startAwsService } from '../build/test/support/aws-service.js'
import { startStint, usualRules } from '../build/test/support/stint.js'

const root = resolve(import.meta.dirname, '..')
const columns = 104

const session = [
  'stint roles',
  'stint try orders-repair --ticket OPS-42 --reason "mend order 42"',
  'stint ask orders-debug --reason "order 42 is stuck" --for 30m --action dynamodb:GetItem',
  `stint exec orders-debug -- aws dynamodb get-item --table-name orders --key '{"id":{"S":"42"}}' --query Item`,
  'stint exec orders-debug -- aws dynamodb query --table-name orders',
  'stint time',
  'stint end --reason "found it"',
]

/** A terminal that runs one line, and everything that came out of it. */
async function type(line, env) {
  const command = `stty cols ${columns}; ${line}`
  const child = spawn('script', ['--quiet', '--command', command, '/dev/null'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', (text) => (out += String(text)))
  await once(child, 'close')
  return out
}

/** What stays on the screen: of a line that was drawn over, the last. */
const settled = (out) =>
  out
    .split(/\r?\n/)
    .map((line) => line.replace(/^.*\r?\u001b\[K/, '').replace(/\r/g, ''))
    .join('\n')
    .trim()
    .split('\n')

const colours = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 2: '#8b949e', 1: '#ffffff' }
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** A line as pieces of one colour each. */
function pieces(line) {
  let colour = '#c9d1d9'
  return line.split(/(\u001b\[\d+m)/).flatMap((part) => {
    const [, code] = /^\u001b\[(\d+)m$/.exec(part) ?? []
    if (code !== undefined) colour = colours[code] ?? '#c9d1d9'
    return code !== undefined || part === '' ? [] : [`<tspan fill="${colour}">${escaped(part)}</tspan>`]
  })
}

/** Breaks a line as a terminal does, colours aside: only plain lines are this long. */
const wrapped = (line) =>
  line.includes('\u001b') || line.length <= columns
    ? [line]
    : (line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [])

function draw(lines) {
  const [width, height] = [columns * 8.43 + 32, lines.length * 19 + 34]
  const text = lines.map((line, at) => `<text x="16" y="${at * 19 + 30}">${pieces(line).join('')}</text>`)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.ceil(width)} ${height}" role="img" aria-label="A session with stint">`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" xml:space="preserve" style="white-space: pre">`,
    ...text,
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

const home = mkdtempSync(join(tmpdir(), 'stint-session-'))
const stint = await startStint({
  rules: usualRules.replaceAll('from: [office]', 'from: any'),
  proxies: '192.0.2.1/32',
})
const service = await startAwsService({ clock: stint.clock, signedAt: Date.now, sts: stint.sts })
const ticking = setInterval(() => stint.clock.advance(Date.now() - stint.clock()), 5)
try {
  const bin = join(home, 'bin')
  mkdirSync(bin)
  const program = (name, text) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  const aws = existsSync('/usr/bin/aws') ? '/usr/bin/aws' : 'aws'
  program('stint', `exec ${process.execPath} ${join(root, 'build', 'stint.cjs')} "$@"`)
  // The one thing that is not as it would be: the service is on loopback, and this AWS CLI must be told so.
  program('aws', `exec ${aws} --endpoint-url ${service.url} --region us-east-1 --output json "$@"`)
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: home,
    TERM: 'xterm-256color',
    AWS_PAGER: '',
    STINT_URL: stint.url,
    STINT_TOKEN: stint.token('ana'),
  }
  const lines = []
  for (const line of session) {
    const out = settled(await type(line, env))
    lines.push(`\u001b[32m$\u001b[0m \u001b[1m${line}\u001b[0m`, ...out.flatMap(wrapped), '')
  }
  writeFileSync(join(root, 'docs', 'session.svg'), draw(lines.slice(0, -1)))
  console.log(lines.join('\n'))
} finally {
  clearInterval(ticking)
  await Promise.all([stint.close(), service.close()])
  rmSync(home, { recursive: true, force: true })
}
