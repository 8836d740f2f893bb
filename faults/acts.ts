import { isState } from './record.js'
import type { Random } from './random.js'
import type { Told } from './told.js'

/** An answer, or its absence: status 0. */
export interface Answered {
  readonly status: number
  readonly request: string
  readonly body: Json
}

interface Json {
  readonly [name: string]: Json | string | undefined
}

/** One of the crowd: their choices, their voice, and where what they were told is kept. */
export interface Desk {
  readonly random: Random
  readonly name: string
  token(name: string, groups: readonly string[]): string
  call(
    method: string,
    path: string,
    token: string,
    more?: { readonly body?: object; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Answered>
  hear(told: Told): void
  running(): boolean
}

/** One grant, asked for by this person. */
interface Held {
  readonly grant: string
  readonly asker: string
}

/** How many turns one name has: a caller may ask only so often a minute. */
const turnsOfAName = 12

/** How often an ask without an answer is sent again, with its key. */
const repeats = 40

/** One turn at a desk: an ask, and then what may be done with it, among it what races with itself. */
export async function act(desk: Desk, turn: number): Promise<void> {
  const { random } = desk
  const name = `${desk.name}-${Math.floor(turn / turnsOfAName)}`
  const asker = desk.token(`asker-${name}`, ['engineers'])
  if (random.chance(0.05)) return refused(desk, name, turn)
  const approved = random.chance(0.5)
  const asked = await ask(
    desk,
    asker,
    approved ? 'orders-repair' : 'orders-debug',
    `order ${desk.name}.${turn} is stuck`,
  )
  if (asked === undefined) return
  const held: Held = { grant: asked, asker }
  if (approved && !(await decide(desk, held, name))) return
  if (random.chance(0.5))
    await Promise.all(Array.from({ length: random.between(1, 3) }, () => collect(desk, held)))
  // An issue in flight while the grant is closed: withheld, or done before.
  if (random.chance(0.5))
    await Promise.all([close(desk, held, name), ...(random.chance(0.3) ? [collect(desk, held)] : [])])
}

/** Asks until there is an answer, with one key throughout; the grant's id where there is one. */
async function ask(desk: Desk, asker: string, role: string, reason: string): Promise<string | undefined> {
  const body = { role, reason, ticket: 'OPS-1', window: desk.random.pick(['1m', '10m', '1h']) }
  const headers = { 'idempotency-key': reason.replaceAll(' ', '-') }
  for (let tries = 0; tries < repeats && desk.running(); tries++) {
    const answered = await desk.call('POST', '/v1/grants', asker, { body, headers })
    const grant = grantOf(answered)
    const what = `POST /v1/grants ${answered.status}`
    const base = { request: answered.request, what, reason, ...(grant !== undefined && { grant }) }
    if (answered.status === 201) {
      desk.hear({ ...base, kinds: ['issuance.done'], state: 'active', ...keyOf(answered) })
      return grant
    }
    if (answered.status === 202) {
      // A repetition only reads what the first one left.
      desk.hear({ ...base, kinds: [], state: 'pending' })
      return grant
    }
    // STS failed, and the grant is there all the same.
    if (answered.status === 502 && grant !== undefined) {
      desk.hear({ ...base, kinds: ['issuance.failed', 'issuance.unknown'], state: 'active' })
      return grant
    }
    if (answered.status === 409 && code(answered) === 'conflict') {
      desk.hear({ ...base, kinds: ['issuance.withheld', 'request.refused'] })
      return undefined
    }
    // Repeated, it finds what the first one was answered with.
    if (answered.status === 403) return void desk.hear({ ...base, kinds: [], state: 'denied' })
  }
  return undefined
}

/** Two leads vote at the same moment, now and then one of them no; true when the grant is active after it. */
async function decide(desk: Desk, { grant }: Held, name: string): Promise<boolean> {
  const answers = await Promise.all(
    ['a', 'b'].map(async (which) => {
      const lead = desk.token(`lead-${name}-${which}`, ['leads'])
      const body = { answer: desk.random.chance(0.85) ? 'yes' : 'no' }
      const answered = await desk.call('POST', `/v1/grants/${grant}/votes`, lead, { body })
      heard(desk, answered, `POST votes ${body.answer}`, grant, 'vote.cast')
      return answered
    }),
  )
  return answers.some(({ status, body }) => status === 200 && body['state'] === 'active')
}

async function collect(desk: Desk, { grant, asker }: Held): Promise<void> {
  const answered = await desk.call('POST', `/v1/grants/${grant}/credentials`, asker)
  const base = { request: answered.request, what: `POST credentials ${answered.status}`, grant }
  if (answered.status === 201)
    desk.hear({ ...base, kinds: ['issuance.done'], state: 'active', ...keyOf(answered) })
  else if (answered.status === 502) desk.hear({ ...base, kinds: ['issuance.failed', 'issuance.unknown'] })
  else if (answered.status === 403 || (answered.status === 409 && code(answered) === 'conflict'))
    desk.hear({ ...base, kinds: ['request.refused', 'issuance.withheld'] })
}

/** By its asker, or by an operator. */
async function close(desk: Desk, { grant, asker }: Held, name: string): Promise<void> {
  const revoke = desk.random.chance(0.5)
  const answered = revoke
    ? await desk.call('POST', `/v1/grants/${grant}/revoke`, desk.token(`operator-${name}`, ['platform']), {
        body: { reason: 'enough' },
      })
    : await desk.call('POST', `/v1/grants/${grant}/end`, asker)
  heard(desk, answered, revoke ? 'POST revoke' : 'POST end', grant, revoke ? 'grant.revoked' : 'grant.ended')
}

/** Somebody asks for what is not theirs: that they did is on the record before they hear of it. */
async function refused(desk: Desk, name: string, turn: number): Promise<void> {
  const stranger = desk.token(`stranger-${name}`, [])
  const body = { role: 'orders-debug', reason: `nobody's order ${desk.name}.${turn}` }
  const answered = await desk.call('POST', '/v1/grants', stranger, { body })
  const grant = grantOf(answered)
  if (answered.status === 403)
    desk.hear({
      request: answered.request,
      what: 'POST /v1/grants 403',
      kinds: ['grant.denied'],
      state: 'denied',
      ...(grant !== undefined && { grant }),
    })
}

/** Keeps what a verb answered: done, or refused on the record. */
function heard(
  desk: Desk,
  answered: Answered,
  what: string,
  grant: string,
  kind: Told['kinds'][number],
): void {
  const { status, request, body } = answered
  const state = body['state']
  if (status === 200)
    desk.hear({ request, what: `${what} 200`, kinds: [kind], grant, ...(isState(state) && { state }) })
  else if (status === 403 || status === 404 || (status === 409 && code(answered) === 'conflict'))
    desk.hear({ request, what: `${what} ${status}`, kinds: ['request.refused'] })
}

const code = ({ body }: Answered) => body['code']

/** Of a grant that was answered whole, or of a problem that names one. */
function grantOf({ body }: Answered): string | undefined {
  const grant = body['grant']
  return typeof grant === 'object' ? String(grant['id']) : grant
}

function keyOf({ body }: Answered): { accessKeyId?: string } {
  const credentials = body['credentials']
  return typeof credentials === 'object' ? { accessKeyId: String(credentials['accessKeyId']) } : {}
}
