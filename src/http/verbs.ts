import { ask, preview } from '../grant/ask.js'
import { close } from '../grant/close.js'
import { explainPolicy } from '../grant/explain.js'
import { issue } from '../grant/issue.js'
import { me, roles } from '../grant/me.js'
import { lift, revocation, revocations, revoke } from '../grant/revoke.js'
import { listCheckpoints, proveEvent, readCheckpoint } from '../grant/proofs.js'
import { signOff } from '../grant/review.js'
import { read, readEvents, search } from '../grant/search.js'
import { link, unlink } from '../grant/slack-link.js'
import { vote } from '../grant/vote.js'

/** What the face can have done. It decides nothing itself: it reads a request, calls one verb, renders. */
export const verbs = {
  ask,
  preview,
  issue,
  vote,
  signOff,
  close,
  read,
  search,
  readEvents,
  proveEvent,
  readCheckpoint,
  listCheckpoints,
  me,
  roles,
  explainPolicy,
  link,
  unlink,
  revoke,
  lift,
  revocation,
  revocations,
}

export type Verbs = typeof verbs
