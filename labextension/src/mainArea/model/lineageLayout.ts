import type { LineageView } from '../../api/types';

type Graph = LineageView['lineage'];

/** A node of the graph, by what it stands for; `row` is where it is drawn in its column. */
export type LineageNode = { readonly id: string; readonly row: number } & (
  | { readonly kind: 'cell'; readonly cell: Graph['cells'][number] }
  | { readonly kind: 'data'; readonly data: Graph['data'][number] }
  | { readonly kind: 'snapshot'; readonly snapshot: Graph['snapshots'][number] }
  | { readonly kind: 'job'; readonly job: Graph['jobs'][number] }
  | { readonly kind: 'result'; readonly job: Graph['jobs'][number]; readonly output: string }
);

/** The nodes in their columns, and what leads to what. */
export interface ILineageLayout {
  /** Cells and data, snapshots, jobs, results; each from the top to the bottom. */
  readonly columns: readonly (readonly LineageNode[])[];
  /** Pairs of ids, from the left to the right. */
  readonly edges: readonly (readonly [string, string])[];
  readonly rows: number;
}

/** Place the nodes: each job has a row, and what leads to it stands in the middle of its jobs. */
export function layoutOf({ cells, data, snapshots, jobs }: Graph): ILineageLayout {
  const edges: (readonly [string, string])[] = [];
  const results: LineageNode[] = [];
  const readers = new Map<string, number[]>();
  const add = (id: string, row: number) => readers.set(id, [...(readers.get(id) ?? []), row]);
  const placed = jobs.map((job, row): LineageNode => {
    const id = `job ${job.id}`;
    const sources = [`snapshot ${job.snapshot}`, ...job.data.map(key => `data ${key}`)];
    for (const source of sources) {
      edges.push([source, id]);
      add(source, row);
    }
    if (job.output !== null) {
      const result = `result ${job.id}`;
      results.push({ kind: 'result', id: result, row, job, output: job.output });
      edges.push([id, result]);
    }
    return { kind: 'job', id, row, job };
  });
  const taken = spread(
    snapshots.map((snapshot): LineageNode => {
      const id = `snapshot ${snapshot.number}`;
      return { kind: 'snapshot', id, row: middle(readers.get(id)), snapshot };
    })
  );
  for (const node of taken) {
    for (const key of node.kind === 'snapshot' ? node.snapshot.cells : []) {
      edges.push([`cell ${key}`, node.id]);
      add(`cell ${key}`, node.row);
    }
  }
  const sources = spread([
    ...cells.map((cell): LineageNode => {
      const id = `cell ${cell.key}`;
      return { kind: 'cell', id, row: middle(readers.get(id)), cell };
    }),
    ...data.map((each): LineageNode => {
      const id = `data ${each.key}`;
      return { kind: 'data', id, row: middle(readers.get(id)), data: each };
    })
  ]);
  const columns = [sources, taken, placed, results];
  const last = Math.max(-1, ...columns.flat().map(({ row }) => row));
  return { columns, edges, rows: last + 1 };
}

/** Return the nodes that lead to a node, and those to which it leads, itself included. */
export function relatedTo(id: string, edges: ILineageLayout['edges']): ReadonlySet<string> {
  const related = new Set([id]);
  for (const [near, far] of [
    [0, 1],
    [1, 0]
  ] as const) {
    const pending = [id];
    while (pending.length > 0) {
      const node = pending.pop();
      for (const edge of edges) {
        if (edge[near] === node && !related.has(edge[far])) {
          related.add(edge[far]);
          pending.push(edge[far]);
        }
      }
    }
  }
  return related;
}

function middle(rows: readonly number[] = [0]): number {
  return rows.reduce((sum, row) => sum + row, 0) / rows.length;
}

/** Return nodes in the order of their rows, moved down where they would cover one another. */
function spread(nodes: readonly LineageNode[]): LineageNode[] {
  let next = 0;
  return [...nodes]
    .sort((one, other) => one.row - other.row)
    .map(node => {
      const row = Math.max(node.row, next);
      next = row + 1;
      return { ...node, row };
    });
}
