import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { ModelDetail } from '../../api/types';
import { ChangedNotebookSign, NotebookChange } from '../../components/notebookChange';
import { ModelOpContext } from '../../state/context';
import { CommandIDs } from '../../tokens';
import { servicesWith } from '../services';

const MODEL = {
  name: 'churn',
  notebook: 'churn.ipynb',
  notebook_change: { ref: 'churn@3', diff: '+ return 2' }
} as ModelDetail;

function show(element: JSX.Element, names: readonly string[] = []) {
  const context = servicesWith({ changedNotebooks: async () => names });
  const register = jest.fn();
  context.commands.addCommand(CommandIDs.register, { execute: register });
  render(<ModelOpContext.Provider value={context}>{element}</ModelOpContext.Provider>);
  return register;
}

describe('NotebookChange', () => {
  it('shows what differs, and registers again', () => {
    const register = show(<NotebookChange model={MODEL} />);
    expect(screen.getByText('The notebook differs from churn@3')).toBeInTheDocument();
    expect(screen.getByText('+ return 2')).toBeInTheDocument();
    fireEvent.click(screen.getByRole('button', { name: 'Register again' }));

    expect(register.mock.calls[0][0]).toEqual({ model: 'churn', notebook: 'churn.ipynb' });
  });

  it('says of a job that it runs the older state', () => {
    show(<NotebookChange model={MODEL} ran="churn@3" />);

    expect(
      screen.getByText('The notebook differs from churn@3, which this job runs')
    ).toBeInTheDocument();
  });

  it.each([
    ['a job of an earlier snapshot', MODEL, 'churn@2'],
    ['a notebook that does not differ', { ...MODEL, notebook_change: undefined }, undefined]
  ])('says nothing of %s', (_, model, ran) => {
    show(<NotebookChange model={model} ran={ran} />);

    expect(screen.queryByText(/differs/)).toBeNull();
  });
});

describe('ChangedNotebookSign', () => {
  it('stands beside models whose notebooks differ', async () => {
    show(
      <>
        <ChangedNotebookSign model="churn" />
        <ChangedNotebookSign model="other" />
      </>,
      ['churn']
    );
    const name = 'The notebook differs from what is registered';

    await waitFor(() => expect(screen.getAllByRole('img', { name })).toHaveLength(1));
  });
});
