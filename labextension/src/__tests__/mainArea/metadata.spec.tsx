import { fireEvent, screen, within } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { ModelDetail } from '../../api/types';
import { MetadataPart, TagsPart } from '../../model/metadata';
import { SnapshotsPart } from '../../model/snapshots';
import { page, settled, show, wire } from '../services';

const MODEL = wire<ModelDetail>('model');

/** Type into the field behind a button, and press Enter. */
async function add(label: string, text: string): Promise<void> {
  fireEvent.click(screen.getByRole('button', { name: label }));
  const field = screen.getByLabelText(label);
  fireEvent.change(field, { target: { value: text } });
  await settled(() => fireEvent.keyDown(field, { key: 'Enter' }));
}

describe('The tags of a model', () => {
  it('are added and removed', async () => {
    const asked: unknown[] = [];
    await show(<TagsPart model={{ ...MODEL, tags: ['demo'] }} />, {
      changeTags: async (...words) => asked.push(words)
    });
    await add('Add a tag to churn', ' fraud ');
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Remove demo' })));

    expect(asked).toEqual([
      ['churn', { add: ['fraud'] }],
      ['churn', { remove: ['demo'] }]
    ]);
  });

  it('stay when the field is left by Escape', async () => {
    await show(<TagsPart model={MODEL} />, {});
    fireEvent.click(screen.getByRole('button', { name: 'Add a tag to churn' }));
    fireEvent.keyDown(screen.getByLabelText('Add a tag to churn'), { key: 'Escape' });

    expect(screen.queryByRole('textbox')).toBeNull();
  });

  it('say why one cannot be added', async () => {
    await show(<TagsPart model={MODEL} />, {
      changeTags: async () => {
        throw new Error('cannot be a tag');
      }
    });
    await add('Add a tag to churn', '+x');

    expect(screen.getByRole('alert')).toHaveTextContent('cannot be a tag');
  });
});

describe('The metadata of a model', () => {
  it('are a table of keys and values', async () => {
    const meta = { owner: 'ada', review: { year: 2026, by: null }, limits: [1, 2] };
    await show(<MetadataPart model={{ ...MODEL, meta }} />, {});
    const rows = within(screen.getByRole('table', { name: 'Metadata of churn' }));

    expect(rows.getAllByRole('row').map(row => row.textContent)).toEqual([
      'ownerada',
      'review.year2026',
      'review.bynull',
      'limits[1,2]'
    ]);
  });

  it('are set, as JSON where they are some, and removed', async () => {
    const asked: unknown[] = [];
    await show(<MetadataPart model={{ ...MODEL, meta: { owner: 'ada' } }} />, {
      changeMetadata: async (...words) => asked.push(words)
    });
    await add('Add metadata to churn', 'tier=1');
    await add('Add metadata to churn', 'url=a?b=c');
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Remove owner' })));

    expect(asked).toEqual([
      ['churn', { set: { tier: 1 } }],
      ['churn', { set: { url: 'a?b=c' } }],
      ['churn', { remove: ['owner'] }]
    ]);
  });
});

describe('The aliases of snapshots', () => {
  it('are shown, moved and taken away', async () => {
    const asked: unknown[] = [];
    const snapshots = [2, 1].map(number => ({
      ...MODEL.newest!,
      number,
      ref: `churn@${number}`,
      aliases: number === 1 ? ['champion'] : []
    }));
    await show(<SnapshotsPart model={MODEL} />, {
      snapshots: async () => page(...snapshots),
      moveAlias: async (...words) => asked.push(['move', ...words]),
      removeAlias: async (...words) => asked.push(['remove', ...words])
    });
    await add('Give an alias to churn@2, or move one', 'champion');
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Remove champion' })));

    expect(screen.getByRole('list', { name: 'Aliases of churn@1' })).toHaveTextContent('champion');
    expect(asked).toEqual([
      ['move', 'churn', 'champion', 2],
      ['remove', 'churn', 'champion']
    ]);
  });
});
