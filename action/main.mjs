// Asks for the role, waits for whoever must agree, and puts the credentials into the job's environment.
import { randomUUID } from 'node:crypto'
import { call, Refusal } from './broker.mjs'
import { fail, input, lines, mask, notice, saveState, setOutput, setVariable } from './runner.mjs'

const env = process.env

/** What an approver and an auditor read, where the workflow says nothing better. */
const run = () =>
  `${env.GITHUB_WORKFLOW}: ${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`

const wanted = () => ({
  role: input('role'),
  account: input('account'),
  reason: input('reason') ?? run(),
  ticket: input('ticket'),
  window: input('window'),
  actions: lines('actions'),
  resources: lines('resources'),
  regions: lines('regions'),
})

/** Whatever becomes of this step, the one after the job closes the grant. */
async function ask() {
  try {
    const answer = await call('/v1/grants', { method: 'POST', body: wanted(), key: randomUUID() })
    saveState('grant', answer.grant.id)
    return answer
  } catch (error) {
    if (error instanceof Refusal && error.problem.grant) saveState('grant', error.problem.grant)
    throw error
  }
}

/** Waits until the grant is active. Throws when it never will be, or not in time. */
async function agreed(grant, minutes) {
  const { requirements = [] } = grant.decision
  notice(`Waits for ${requirements.map(({ votes, by }) => `${votes} of ${by}`).join(' and ')}: ${grant.id}`)
  const until = Date.now() + minutes * 60_000
  let now = grant
  while (now.state === 'pending' && Date.now() < until) {
    const seconds = Math.max(1, Math.min(30, Math.ceil((until - Date.now()) / 1_000)))
    now = await call(`/v1/grants/${grant.id}?wait=${seconds}`)
  }
  if (now.state === 'active') return
  const why = now.closedReason ? `: ${now.closedReason}` : ''
  throw new Refusal(
    now.state === 'pending'
      ? `Nobody agreed within ${minutes} minutes, and the ask is taken back.`
      : `The ask is ${now.state}${why}.`,
  )
}

function hand({ grant, credentials }) {
  mask(credentials.secretAccessKey)
  mask(credentials.sessionToken)
  setVariable('AWS_ACCESS_KEY_ID', credentials.accessKeyId)
  setVariable('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey)
  setVariable('AWS_SESSION_TOKEN', credentials.sessionToken)
  setVariable('AWS_CREDENTIAL_EXPIRATION', credentials.expiresAt)
  // Both, for not every SDK reads the same one.
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || grant.scope.regions[0]
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) if (!env[name]) setVariable(name, region)
  setOutput('grant', grant.id)
  setOutput('expires', credentials.expiresAt)
  notice(`${grant.role} in ${grant.accountName} until ${credentials.expiresAt}: ${grant.id}`)
}

try {
  const minutes = Number(input('wait'))
  if (!(minutes >= 0 && minutes <= 1_440))
    throw new Refusal('wait must be a number of minutes, at most 1440.')
  const asked = await ask()
  if (asked.credentials) hand(asked)
  else {
    await agreed(asked.grant, minutes)
    hand(await call(`/v1/grants/${asked.grant.id}/credentials`, { method: 'POST' }))
  }
} catch (error) {
  fail(error.message)
}
