import { setTimeout as sleep } from 'node:timers/promises'
import { input, mask } from './runner.mjs'

/** A refusal of the broker, or what kept it from being asked. */
export class Refusal extends Error {
  /** @param {{ grant?: string, code?: string }} problem */
  constructor(detail, problem = {}) {
    super(detail)
    this.problem = problem
  }
}

/** The broker's address without a slash at its end. A token is sent over TLS, or within this machine. */
function address() {
  const text = input('url') ?? ''
  const url = URL.canParse(text) ? new URL(text) : undefined
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url?.hostname ?? '')
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback))
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  throw new Refusal(`url must be the broker's address, such as https://stint.example.com; it is ${text}.`)
}

/** A fresh OIDC token of this job, for the broker alone. */
async function jobToken() {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: at, ACTIONS_ID_TOKEN_REQUEST_TOKEN: by } = process.env
  if (!at || !by)
    throw new Refusal('This job may not have a token of its own: give it `permissions: { id-token: write }`.')
  const url = new URL(at)
  url.searchParams.set('audience', input('audience') ?? 'stint')
  const { status, body } = await exchange(url, { headers: { authorization: `Bearer ${by}` } }).catch(
    (error) => {
      throw new Refusal(`The issuer of the job's token cannot be reached: ${reasonOf(error)}.`)
    },
  )
  if (status !== 200 || typeof body.value !== 'string')
    throw new Refusal(`The job's token could not be had: its issuer answered ${status}.`)
  mask(body.value)
  return body.value
}

/** Why nothing was answered, in a word. */
const reasonOf = (error) => error.cause?.code ?? error.message

/** Statuses after which the same request may succeed: too many, or not there now. */
const passing = new Set([429, 503])

/**
 * Calls the broker with the job's token, at most three times where that may help.
 * Throws a `Refusal` with what the broker says would help.
 */
export async function call(path, { method = 'GET', body, key } = {}) {
  for (let attempt = 1; ; attempt += 1) {
    const { status, body: said, retryAfter } = await once({ path, method, body, key }, attempt)
    if (status < 300) return said
    if (!passing.has(status) || attempt === 3)
      throw new Refusal(said.detail ?? `The broker answered ${status}.`, said)
    await sleep(Math.min(retryAfter || 2, 30) * 1_000)
  }
}

async function once({ path, method, body, key }, attempt) {
  const url = `${address()}${path}`
  const headers = {
    authorization: `Bearer ${await jobToken()}`,
    ...(body && { 'content-type': 'application/json' }),
    ...(key && { 'idempotency-key': key }),
  }
  try {
    return await exchange(url, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  } catch (error) {
    // Asking twice is safe: an ask has its key, and every other call here changes nothing the second time.
    if (attempt === 3) throw new Refusal(`The broker cannot be reached: ${reasonOf(error)}.`)
    return { status: 503, body: {} }
  }
}

/** One exchange, within a minute. Redirects are not followed: the token is for nobody else. */
async function exchange(url, options) {
  const signal = AbortSignal.timeout(60_000)
  const response = await fetch(url, { ...options, redirect: 'manual', signal })
  const text = await response.text()
  let body = {}
  try {
    body = JSON.parse(text)
  } catch {
    // What is no JSON is not from the broker; its status says enough.
  }
  return { status: response.status, body, retryAfter: Number(response.headers.get('retry-after')) }
}
