import { nullTranslator } from '@jupyterlab/translation';
import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import '@testing-library/jest-dom';
import { choose } from '../../dialogs/choose';

const trans = nullTranslator.load('modelop-jupyter');
const CHOICES = ['churn', 'credit', 'fraud'].map(value => ({
  value,
  label: value,
  detail: value === 'churn' ? 'leaves or stays' : undefined
}));
const TEXTS = ['Open', 'Model', 'None.'];

/** Open the dialog; returns the field and the answer. */
async function open() {
  let answer: Promise<string | null> = Promise.resolve(null);
  const [title, what, nothing] = TEXTS;
  const options = { title, what, choices: CHOICES, nothing };
  await act(async () => {
    answer = choose(options, trans);
    await new Promise(resolve => setTimeout(resolve));
  });
  return { field: await screen.findByRole('combobox', { hidden: true }), result: answer };
}

/** Return the labels that are shown, with a star before the active one. */
function shown(): string[] {
  return screen
    .getAllByRole('option', { hidden: true })
    .map(option =>
      (option.ariaSelected ?? option.getAttribute('aria-selected')) === 'true'
        ? `*${option.textContent}`
        : option.textContent!
    );
}

describe('choose', () => {
  it('narrows the list by what is typed, and takes the active one', async () => {
    const { field, result } = await open();
    fireEvent.change(field, { target: { value: 'c' } });
    expect(shown()).toEqual(['*churn leaves or stays', 'credit']);
    fireEvent.keyDown(field, { key: 'ArrowDown' });
    expect(shown()).toEqual(['churn leaves or stays', '*credit']);
    expect(field.getAttribute('aria-activedescendant')).toBe(
      screen.getByText('credit').closest('li')!.id
    );
    fireEvent.click(screen.getByRole('button', { name: 'Choose', hidden: true }));

    expect(await result).toBe('credit');
  });

  it('takes what is clicked', async () => {
    const { result } = await open();
    fireEvent.click(screen.getByText('fraud'));

    expect(await result).toBe('fraud');
  });

  it('says that nothing matches', async () => {
    const { field, result } = await open();
    fireEvent.change(field, { target: { value: 'xyz' } });
    const button = screen.getByRole('button', { name: 'Choose', hidden: true });
    await waitFor(() => expect(button).toBeDisabled());
    expect(screen.getByRole('status', { hidden: true })).toHaveTextContent('Nothing matches xyz.');
    fireEvent.click(screen.getByRole('button', { name: 'Cancel', hidden: true }));

    expect(await result).toBeNull();
  });
});
