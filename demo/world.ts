import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startApp } from '../src/app.js'
import type { Clock, Duration } from '../src/time.js'
import { startAwsService } from '../test/support/aws-service.js'
import type { PolicyJson } from '../test/support/iam-evaluate.js'
import { startSts, stsActions, type StsRole } from '../test/support/sts.js'
import { startIdentityProvider } from './identity-provider.js'

/** Everything that the tour happens in, on free ports of loopback. */
export interface World {
  readonly stint: string
  /** The AWS-like service. */
  readonly service: string
  readonly folder: string
  readonly clock: Clock
  readonly tokens: Readonly<Record<CallerName, string>>
  /** Moves everybody's clock forward. */
  readonly later: (by: Duration) => void
  readonly close: () => Promise<void>
}

export const callers = ['ana', 'bo', 'cy', 'job'] as const
export type CallerName = (typeof callers)[number]

const template = join(import.meta.dirname, '..', '..', 'demo', 'stint.yaml')

/** The IAM roles themselves may do anything to any table: what stops a session is its session policy. */
const anyTable: PolicyJson = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' }],
}

/** The identity under which Stint itself calls STS. */
const broker = {
  arn: 'arn:aws:iam::111122223333:user/stint',
  accessKeyId: 'AKIADEMODEMODEMODEMO',
  secretAccessKey: randomBytes(30).toString('base64'),
  allow: stsActions,
}

const iamRole: StsRole = {
  trust: { principals: [broker.arn], allow: stsActions },
  maxSessionSeconds: 3600,
  policy: anyTable,
}

type Opened = (close: () => Promise<void>) => void

/** Starts all of it; what is running already is closed again when the rest does not start. */
export async function startWorld(log: (line: string) => void): Promise<World> {
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne()
  }
  try {
    return { ...(await open(log, (closer) => void closers.push(closer))), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function open(log: (line: string) => void, opened: Opened): Promise<Omit<World, 'close'>> {
  const folder = await mkdtemp(join(tmpdir(), 'stint-demo-'))
  opened(() => rm(folder, { recursive: true, force: true }))
  let ahead = 0
  const clock = () => Date.now() + ahead

  const idp = await startIdentityProvider()
  opened(idp.close)
  const roles = {
    'arn:aws:iam::123456789012:role/stint-orders-debug': iamRole,
    'arn:aws:iam::123456789012:role/stint-orders-repair': iamRole,
  }
  const sts = await startSts({ clock, roles, broker })
  opened(sts.close)
  const service = await startAwsService({ clock, sts })
  opened(service.close)

  const { accessKeyId, secretAccessKey } = broker
  const app = await startApp({
    readConfig: async () =>
      (await readFile(template, 'utf8'))
        .replace('issuer: PEOPLE_ISSUER', `issuer: ${idp.people}`)
        .replace('issuer: CI_ISSUER', `issuer: ${idp.ci}`),
    env: {
      STINT_LISTEN: '127.0.0.1:0',
      STINT_LOG_LEVEL: 'error',
      STINT_STORE: join(folder, 'stint.db'),
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_REGION: 'us-east-1',
    },
    clock,
    random: randomBytes,
    fetch,
    sleep: (ms) => sleep(ms),
    log: { write: log },
    stdout: { write: log },
    credentials: { accessKeyId, secretAccessKey },
  })
  opened(app.close)
  const [ana, bo, cy] = await Promise.all([idp.signIn('ana'), idp.signIn('bo'), idp.signIn('cy')])
  return {
    stint: app.url,
    service: service.url,
    folder,
    clock,
    tokens: { ana, bo, cy, job: await idp.startJob() },
    later: (by) => void (ahead += by),
  }
}
