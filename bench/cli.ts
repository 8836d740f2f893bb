// How long `stint --version` and a `stint credential-process` from kept credentials take from start to end, against
// a bare `node -e 0` and against `aws --version`. One after the other, round by round, so that a busy moment slows all
// of them; the fastest and the median of each, for another program on the machine only ever makes it slower.
//
//   npm run bench -- cli
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { keptPath, keyOf, type Kept } from '../src/cli/remote/kept.js'

const rounds = 60
const stint = fileURLToPath(new URL('../stint.cjs', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'stint-bench-'))
const url = 'https://stint.example.com'
const env = { PATH: process.env['PATH'], HOME: home, STINT_URL: url }

/** Credentials as they are kept after a first `credential-process`. */
function keep(): void {
  const place = { env, platform: process.platform, home }
  const kept: Kept = {
    key: keyOf(url, 'orders-debug', undefined),
    grant: '01K9ZQ3T7M4V5W6X7Y8Z9A0B1D',
    credentials: {
      accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      sessionToken: 'FwoGZXIvYXdz'.padEnd(900, 'x'),
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    },
    issuedAt: Date.now(),
    endsAt: Date.now() + 7_200_000,
    account: '123456789012',
    arn: 'arn:aws:iam::123456789012:role/stint-orders-debug',
    regions: ['us-east-1'],
  }
  const path = keptPath(place, kept.key)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, JSON.stringify(kept), { mode: 0o600 })
}

const aws = existsSync('/usr/bin/aws') ? '/usr/bin/aws' : 'aws'
const commands: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'node -e 0': [process.execPath, '-e', '0'],
  'stint --version': [process.execPath, stint, '--version'],
  'stint credential-process, kept': [process.execPath, stint, 'credential-process', 'orders-debug'],
  'stint --help': [process.execPath, stint, '--help'],
  'aws --version': [aws, '--version'],
}

/** Milliseconds from start to end; NaN for a program that is not here. Throws where it fails. */
function time([program, ...args]: readonly [string, ...string[]]): number {
  const begin = performance.now()
  const { status, error, stderr } = spawnSync(program, args, { env, encoding: 'utf8' })
  if (error && 'code' in error && error.code === 'ENOENT') return Number.NaN
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`)
  return performance.now() - begin
}

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? NaN

const against = (ms: number, bare: number): string =>
  `${ms.toFixed(0)} ms, ${(ms / bare).toFixed(2)} x`.padEnd(19)

try {
  keep()
  const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]))
  for (let round = 0; round < rounds; round += 1)
    for (const [name, command] of Object.entries(commands))
      if (name !== 'aws --version' || round % 5 === 0) times.get(name)?.push(time(command))
  const figures = [...times].map(([name, all]) => ({ name, fastest: Math.min(...all), typical: median(all) }))
  const [bare] = figures
  if (!bare) throw new Error('Nothing was measured.')
  console.log(`${rounds} rounds on Node ${process.version}`.padEnd(34) + 'fastest            median')
  for (const { name, fastest, typical } of figures)
    console.log(
      Number.isNaN(fastest)
        ? `${name.padEnd(34)}is not here`
        : name.padEnd(34) + against(fastest, bare.fastest) + against(typical, bare.typical),
    )
} finally {
  rmSync(home, { recursive: true, force: true })
}
