import { STATUS_CODES } from 'node:http'
import { formatDuration, type Duration } from '../src/time.js'
import { signedRequest, type ServiceAnswer } from '../test/support/aws-service.js'
import { job, people } from './people.js'
import type { Telling } from './telling.js'
import { reach, shorten, trim } from './trim.js'
import type { CallerName, World } from './world.js'

/** An HTTP request to Stint as the tour makes it. */
export interface Request {
  readonly as: CallerName
  readonly body?: unknown
  /** What is sent in place of the caller's own token; nothing where this makes it empty. */
  readonly token?: (own: string) => string
  /** X-Forwarded-For, where it is not the caller's own address. */
  readonly from?: string
  readonly accept?: string
  /** Of an answer: dotted paths to show, or what to make of it. Of a refusal, code and detail come first. */
  readonly show?: readonly string[] | ((answer: unknown) => unknown)
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The answer, where it is JSON. */
  readonly json: unknown
  /** A text in the answer, by its dotted path; empty where there is none. */
  readonly at: (path: string) => string
}

/** What a step of the tour can do, and does in front of everybody. */
export interface Stage {
  readonly say: (text: string) => void
  readonly request: (line: string, request: Request) => Promise<Answer>
  /** Calls the AWS-like service with the credentials of an answer, as an AWS SDK would. */
  readonly call: (action: string, table: string, credentials: Answer) => Promise<ServiceAnswer>
  /** Says whether something came out as it should; throws where it did not, since the rest builds on it. */
  readonly check: (what: string, ok: boolean) => void
  readonly later: (by: Duration) => void
}

const addressOf = (name: CallerName) => (name === 'job' ? job.address : people[name].address)
const nameOf = (name: CallerName) => (name === 'job' ? 'CI job' : people[name].name)

function read(text: string, type: string): unknown {
  return type.includes('json') && !type.includes('ndjson') ? (JSON.parse(text) as unknown) : undefined
}

function shown(said: unknown, ok: boolean, show: NonNullable<Request['show']>): unknown {
  if (typeof show === 'function') return show(said)
  return trim(said, ok ? show : ['code', 'detail', ...show])
}

/** Sets the stage in a world: whatever is done on it is told. */
export function createStage(world: World, telling: Telling): Stage {
  async function request(
    line: string,
    { as, body, token, from, accept, show = [] }: Request,
  ): Promise<Answer> {
    const [method = 'GET', path = '/'] = line.split(' ')
    const bearer = token ? token(world.tokens[as]) : world.tokens[as]
    const address = from ?? addressOf(as)
    const headers = {
      'x-forwarded-for': address,
      ...(bearer === '' ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(accept === undefined ? {} : { accept }),
    }
    telling.out(
      `${line}   (${nameOf(as)}, from ${address})`,
      accept === undefined ? [] : [`Accept: ${accept}`],
      body,
    )
    const response = await fetch(`${world.stint}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const said = read(text, response.headers.get('content-type') ?? '')
    const challenge = response.headers.get('www-authenticate')
    telling.back(
      `${response.status} ${STATUS_CODES[response.status]}`,
      challenge === null ? [] : [`WWW-Authenticate: ${challenge}`],
      said === undefined ? undefined : shown(said, response.ok, show),
    )
    const at = (where: string) => String(reach(said, where) ?? '')
    return { status: response.status, headers: response.headers, text, json: said, at }
  }

  async function call(action: string, table: string, credentials: Answer): Promise<ServiceAnswer> {
    const keys = {
      accessKeyId: credentials.at('credentials.accessKeyId'),
      secretAccessKey: credentials.at('credentials.secretAccessKey'),
      sessionToken: credentials.at('credentials.sessionToken'),
    }
    telling.out(
      `dynamodb:${action} on ${table}   (the AWS-like service, signed with ${shorten(keys.accessKeyId, 8)})`,
    )
    const { service: url, clock } = world
    const answer = await signedRequest({ url, action, table, region: 'us-east-1', keys, clock })
    const { status, refused, message = '', body } = answer
    telling.back(
      `${status} ${refused ?? STATUS_CODES[status]}`,
      refused === undefined ? [] : [message],
      refused === undefined ? body : undefined,
    )
    return answer
  }

  return {
    say: telling.say,
    request,
    call,
    check(what, ok) {
      telling.verdict(ok, what)
      if (!ok) throw new Error(what)
    },
    later(by) {
      world.later(by)
      telling.say(`— ${formatDuration(by)} later —`)
    },
  }
}
