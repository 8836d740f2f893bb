// Runs after the job, whatever became of it: ends the grant, or takes the ask back if nobody agreed to it.
import { call } from './broker.mjs'
import { notice, state, warning } from './runner.mjs'

const open = { active: 'end', pending: 'cancel' }

const grant = state('grant')
if (grant) {
  try {
    const { state: now } = await call(`/v1/grants/${grant}`)
    const verb = open[now]
    const closed = verb ? await call(`/v1/grants/${grant}/${verb}`, { method: 'POST' }) : { state: now }
    notice(`The grant ${grant} is ${closed.state}.`)
  } catch (error) {
    if (error.problem?.code === 'conflict') notice(`The grant ${grant} is closed already.`)
    else
      warning(`The grant ${grant} could not be closed, and lasts until its window is over: ${error.message}`)
  }
}
