import { asc, desc, eq, gte, sql } from 'drizzle-orm'
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import { exact, toPerson, toSlackUser } from '../rows.js'
import type { Reads } from './protocol.js'
import { persons, slackUsers } from './schema.js'

/** Prepares what can be read of people, by each thing that one looks for them by. */
export function preparePeople(orm: BetterSQLite3Database): Pick<Reads, 'persons' | 'slackUser'> {
  const wanted = sql.placeholder('wanted')
  const personsBy = (column: SQLiteColumn) =>
    orm
      .select({ body: persons.body })
      .from(persons)
      .where(eq(column, wanted))
      .orderBy(asc(persons.subject))
      .prepare()
  const seen = orm
    .select({ body: persons.body })
    .from(persons)
    .where(gte(persons.at, sql.placeholder('since')))
    .orderBy(desc(persons.at), asc(persons.subject))
    .limit(sql.placeholder('limit'))
    .prepare()
  const slackUserBy = (column: SQLiteColumn) =>
    orm.select({ body: slackUsers.body }).from(slackUsers).where(eq(column, wanted)).prepare()
  const bySubject = personsBy(persons.subject)
  const bySlack = personsBy(persons.slack)
  const byId = slackUserBy(slackUsers.id)
  const byPerson = slackUserBy(slackUsers.subject)
  const byCode = slackUserBy(slackUsers.code)
  return {
    persons: (query) =>
      ('subject' in query
        ? bySubject.all({ wanted: exact(query.subject) })
        : 'slack' in query
          ? bySlack.all({ wanted: exact(query.slack) })
          : seen.all(query)
      ).map(toPerson),
    slackUser(query) {
      const row =
        'id' in query
          ? byId.get({ wanted: exact(query.id) })
          : 'subject' in query
            ? byPerson.get({ wanted: exact(query.subject) })
            : byCode.get({ wanted: query.code })
      return row && toSlackUser(row)
    },
  }
}
