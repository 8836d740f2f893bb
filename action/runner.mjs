// What a runner of GitHub Actions takes from a step and gives to it
// (docs.github.com, "Workflow commands" and "Metadata syntax").
import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'

const env = process.env

/** An input of action.yml; undefined when it is left out or empty. */
export const input = (name) => env[`INPUT_${name.toUpperCase()}`]?.trim() || undefined

/** An input that has one item a line. */
export function lines(name) {
  const items = (input(name) ?? '')
    .split('\n')
    .map((item) => item.trim())
    .filter((item) => item !== '')
  return items.length > 0 ? items : undefined
}

/** What `saveState` kept for the part of this step that runs after the job. */
export const state = (name) => env[`STATE_${name}`] || undefined

const escaped = (text) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const command = (name, text) => void process.stdout.write(`::${name}::${escaped(text)}\n`)

/** From here on the runner writes *** for this text wherever it would be logged. */
export const mask = (secret) => command('add-mask', secret)
export const notice = (text) => command('notice', text)
export const warning = (text) => command('warning', text)

/** Says why the step failed. The process goes on. */
export function fail(text) {
  command('error', text)
  process.exitCode = 1
}

/** Written with a delimiter that no value can know, so that none can add variables of its own. */
function append(file, name, value) {
  const end = `end-${randomUUID()}`
  appendFileSync(file, `${name}<<${end}\n${value}\n${end}\n`)
}

export const saveState = (name, value) => append(env.GITHUB_STATE, name, value)
export const setOutput = (name, value) => append(env.GITHUB_OUTPUT, name, value)
/** For every later step of the job. */
export const setVariable = (name, value) => append(env.GITHUB_ENV, name, value)
