import { isIP } from 'node:net'
import { isSafeUrl } from '../identity/fetch-json.js'
import { checkpointVariables, readCheckpoints, type CheckpointsWiring } from './checkpoints.js'
import type { Revoker } from '../catalog/revoking.js'
import type { ConfigFault, Report } from './fault.js'
import { feedVariables, readFeed, type FeedWiring } from './feed.js'
import type { ConfigFile } from './file.js'
import { leaversVariables } from './leavers.js'
import { readSlack, slackVariables, type SlackWiring } from './slack.js'
import { readTraces, type TracesWiring } from './traces.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where this process listens and what it talks to: what differs between two places that run one file. */
export interface Wiring {
  readonly listen: { readonly host: string; readonly port: number }
  /** A file of this process's own, or a PostgreSQL database. The URL may hold a password: never shown or logged. */
  readonly store: { readonly path: string } | { readonly url: string }
  readonly sts: { readonly region: string; readonly endpoint?: string }
  /** How AWS is made to deny: where IAM is, and whose role does it in each account; absent, Stint's own principal. */
  readonly iam: { readonly endpoint?: string; readonly revoker?: Revoker }
  readonly logLevel: LogLevel
  /** Absent: nothing is signed. */
  readonly checkpoints?: CheckpointsWiring
  /** Absent: nothing is sent on. */
  readonly feed?: FeedWiring
  /** Absent: Slack has no part in it. */
  readonly slack?: SlackWiring
  /** Absent: no spans are made. */
  readonly traces?: TracesWiring
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** `STINT_CONFIG` is the command line's way to the file; `STINT_GRANT` is what a shell has from an earlier answer. */
const ours: readonly string[] = [
  'STINT_LISTEN',
  'STINT_STORE',
  'STINT_LOG_LEVEL',
  'STINT_CONFIG',
  'STINT_GRANT',
  ...slackVariables,
  ...checkpointVariables,
  ...feedVariables,
  ...leaversVariables,
]

/** What the same machine may have for the commands that talk to a broker (docs/cli.md). They mean nothing here. */
const callers: readonly string[] = [
  'STINT_URL',
  'STINT_ISSUER',
  'STINT_CLIENT_ID',
  'STINT_TOKEN',
  'STINT_TOKEN_FILE',
  'STINT_TOKEN_KIND',
  'STINT_SCOPE',
  'STINT_RESOURCE',
  'STINT_AUDIENCE',
  'STINT_KEYRING',
]

/**
 * What Kubernetes puts into every container for a service that is called `stint` or `stint-...` (Kubernetes
 * documentation, "Service", environment variables).
 */
const serviceLink =
  /^STINT_([A-Z0-9_]+_)?(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/

/**
 * The environment over the file over the defaults. A `STINT_` variable that there is not is a fault: a
 * setting with a typing error in its name would otherwise be no setting at all.
 */
export function wire(
  file: ConfigFile,
  env: Environment,
  report: Report,
  note: (fault: ConfigFault) => void,
): Wiring {
  for (const name of Object.keys(env).filter((key) => key.startsWith('STINT_'))) {
    const known = ours.includes(name) || callers.includes(name) || serviceLink.test(name)
    if (env[name] !== undefined && !known) {
      note({ path: name, message: `is no variable of Stint; there are ${ours.join(', ')}` })
    }
  }
  const checkpoints = readCheckpoints(file.checkpoints, env, report, note)
  const feed = readFeed(file.feed, env, report, note)
  const slack = readSlack(file.slack, env, report, note)
  const traces = readTraces(env, note)
  return {
    listen: readListen(file, env, note),
    store: readStore(file, env, report, note),
    sts: readSts(file, env, report, note),
    iam: readIam(file, env, note),
    logLevel: readLogLevel(env, note),
    ...(checkpoints && { checkpoints }),
    ...(feed && { feed }),
    ...(slack && { slack }),
    ...(traces && { traces }),
  }
}

function readLogLevel(env: Environment, note: (fault: ConfigFault) => void): LogLevel {
  const text = env['STINT_LOG_LEVEL'] ?? 'info'
  const level = logLevels.find((name) => name === text)
  if (level === undefined)
    note({ path: 'STINT_LOG_LEVEL', message: `is one of ${logLevels.join(', ')}, not ${text}` })
  return level ?? 'info'
}

function readListen(
  { listen }: ConfigFile,
  env: Environment,
  note: (fault: ConfigFault) => void,
): Wiring['listen'] {
  const { host = '127.0.0.1', port = 8080 } = listen ?? {}
  const text = env['STINT_LISTEN']
  if (text === undefined) return { host, port }
  const parts = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})$/.exec(text)
  const [, six, name, digits] = parts ?? []
  const named = six === undefined ? name : isIP(six) === 6 ? six : undefined
  if (named === undefined || Number(digits) > 65_535) {
    note({ path: 'STINT_LISTEN', message: 'must be host:port, such as 127.0.0.1:8080 or [::1]:8080' })
    return { host, port }
  }
  return { host: named, port: Number(digits) }
}

/**
 * Reads what `STINT_STORE` says: the path of a file, with or without `sqlite:`, or the URL of a PostgreSQL
 * database. `fault` says what is wrong with it, and does not repeat it: a password may stand in it.
 */
export function parsePlace(text: string): { readonly place: Wiring['store']; readonly fault?: string } {
  if (/^postgres(ql)?:/.test(text)) {
    const fault = databaseFault(text)
    return { place: { url: text }, ...(fault !== undefined && { fault }) }
  }
  const path = text.startsWith('sqlite:') ? text.slice('sqlite:'.length) : text
  return { place: { path }, ...(!isFile(path) && { fault: notAPlace }) }
}

const notAPlace = 'must be the path of a file, or sqlite: and the path, or the postgres:// URL of a database'

function readStore(
  { store }: ConfigFile,
  env: Environment,
  report: Report,
  note: (fault: ConfigFault) => void,
): Wiring['store'] {
  if (store?.path !== undefined && !isFile(store.path))
    report(['store', 'path'], 'must be the path of a file')
  const text = env['STINT_STORE']
  if (text === undefined) return { path: store?.path ?? './stint.db' }
  const { place, fault } = parsePlace(text)
  if (fault !== undefined) note({ path: 'STINT_STORE', message: fault })
  return place
}

/** What is wrong with the URL of a database. It is not repeated: a password may stand in it. */
function databaseFault(text: string): string | undefined {
  if (!URL.canParse(text))
    return 'must be a URL such as postgres://stint@db.example.com/stint?sslmode=verify-full'
  const { hostname, searchParams } = new URL(text)
  const near = hostname === '' || hostname === 'localhost' || /^(127\.|\[::1\]$)/.test(hostname)
  return near || searchParams.has('sslmode')
    ? undefined
    : 'must say how the connection is protected: sslmode=verify-full, or sslmode=disable where something else does it'
}

/** No URL, and not the database that SQLite keeps in memory: a record there would be lost. */
const isFile = (path: string): boolean =>
  path !== '' &&
  path !== ':memory:' &&
  // Whoever writes only this means the kind of store, and would have a new, empty record of that name.
  !/^(sqlite|postgres|postgresql)$/.test(path) &&
  !path.startsWith('//') &&
  !/^[A-Za-z][A-Za-z0-9+.-]+:/.test(path)

function readSts(
  { sts }: ConfigFile,
  env: Environment,
  report: Report,
  note: (fault: ConfigFault) => void,
): Wiring['sts'] {
  if (sts?.endpoint !== undefined && !isSafeUrl(sts.endpoint)) report(['sts', 'endpoint'], unsafe)
  // To the AWS SDKs an empty variable is none.
  const url = env['AWS_ENDPOINT_URL_STS'] || undefined
  if (url !== undefined && !isSafeUrl(url)) note({ path: 'AWS_ENDPOINT_URL_STS', message: unsafe })
  const named = env['AWS_REGION'] || undefined
  if (named !== undefined && !/^[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}$/.test(named)) {
    note({ path: 'AWS_REGION', message: 'must be the name of a region, such as eu-west-1' })
  }
  const endpoint = url ?? sts?.endpoint
  return { region: named ?? sts?.region ?? 'us-east-1', ...(endpoint !== undefined && { endpoint }) }
}

function readIam(
  { revoking }: ConfigFile,
  env: Environment,
  note: (fault: ConfigFault) => void,
): Wiring['iam'] {
  const endpoint = env['AWS_ENDPOINT_URL_IAM'] || undefined
  if (endpoint !== undefined && !isSafeUrl(endpoint)) note({ path: 'AWS_ENDPOINT_URL_IAM', message: unsafe })
  const { assume, externalId } = revoking ?? {}
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(assume !== undefined && {
      revoker: { arn: assume, ...(externalId !== undefined && { externalId }) },
    }),
  }
}

const unsafe = 'must be an https URL (http on loopback only) without credentials: credentials travel over it'
