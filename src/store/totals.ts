import { sql } from 'drizzle-orm'
import type { Column, SQL } from 'drizzle-orm'
import type { TotalOf } from '../decision/spending.js'
import { exact } from './rows.js'
import type { GrantRow } from './rows.js'

/** What totals are made of. */
export type Spender = Pick<GrantRow, 'id' | 'person' | 'role' | 'account' | 'outcome' | 'activeAt' | 'cents'>
type Columns = Readonly<Record<keyof Spender, Column>>

const hour = 3_600_000

function counted({ of, name, since, until, free }: TotalOf, columns: Columns): SQL {
  const parts = [
    sql`${columns.activeAt} > ${since}`,
    ...(of === 'all' ? [] : [sql`${columns[of]} = ${exact(name)}`]),
    ...(until === undefined ? [] : [sql`${columns.activeAt} < ${until}`]),
    ...(free ? [sql`${columns.outcome} = 'allow'`] : []),
  ]
  return sql.join(parts, sql` AND `)
}

/** The cents that a total adds up, by the hour. In double precision whole numbers are exact, far beyond any sum. */
export function totalByHour(total: TotalOf, columns: Columns): SQL {
  const at = sql`(${columns.activeAt} / ${sql.raw(String(hour))})`
  return sql`
    SELECT CAST(${at} AS DOUBLE PRECISION) AS hour, CAST(SUM(${columns.cents}) AS DOUBLE PRECISION) AS cents
    FROM grants WHERE ${counted(total, columns)} GROUP BY ${at} ORDER BY ${at}`
}

/** Their sum, as `cents`. */
export const totalSum = (total: TotalOf, columns: Columns): SQL => sql`
  SELECT CAST(COALESCE(SUM(${columns.cents}), 0) AS DOUBLE PRECISION) AS cents
  FROM grants WHERE ${counted(total, columns)}`

/** What one row adds to a total: of one row, what `counted` says. */
export function addedTo({ of, name, since, until, free }: TotalOf, row: Spender): number {
  const { activeAt, outcome, cents } = row
  const among =
    activeAt !== null &&
    activeAt > since &&
    (until === undefined || activeAt < until) &&
    (of === 'all' || row[of] === name) &&
    (!free || outcome === 'allow')
  return among ? (cents ?? 0) : 0
}

/** A total as one text that no other makes. */
export const totalKey = ({ of, name, since, until, free }: TotalOf): string =>
  JSON.stringify([of, name, since, until, free])
