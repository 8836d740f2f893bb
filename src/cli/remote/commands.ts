import type { Command } from 'commander'
import { addAsk, addTry } from './ask.js'
import { addAudit } from './audit.js'
import { addClosing } from './closing.js'
import { addCompletion } from './completion.js'
import { addConfig } from './config-profile.js'
import { addConsole } from './console.js'
import { addCredentialProcess } from './credential-process.js'
import { addDoctor } from './doctor.js'
import { addEnv } from './env.js'
import { addExec } from './exec.js'
import { addExtend } from './extend.js'
import type { Frame } from './frame.js'
import { addLists } from './list.js'
import { addLogin } from './login.js'
import { addRevoking } from './revoking.js'
import { addReviewing } from './reviewing.js'
import { addRoles } from './roles.js'
import { addSlack } from './slack.js'
import { addStatus } from './status.js'
import { addTimeLeft } from './time-left.js'
import { addVoting } from './voting.js'
import { addWhoami } from './whoami.js'

/** The commands that talk to a broker, in the order of the help. */
export function addRemoteCommands(program: Command, frame: Frame): void {
  addLogin(program, frame)
  addWhoami(program, frame)
  addAsk(program, frame)
  addTry(program, frame)
  addExec(program, frame)
  addEnv(program, frame)
  addCredentialProcess(program, frame)
  addConsole(program, frame)
  addConfig(program, frame)
  addRoles(program, frame)
  addStatus(program, frame)
  addLists(program, frame)
  addTimeLeft(program, frame)
  addExtend(program, frame)
  addClosing(program, frame)
  addRevoking(program, frame)
  addVoting(program, frame)
  addReviewing(program, frame)
  addAudit(program, frame)
  addSlack(program, frame)
  addDoctor(program, frame)
  addCompletion(program, frame)
}
