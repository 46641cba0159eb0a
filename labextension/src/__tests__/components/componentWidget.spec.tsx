import { MessageLoop } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import { act } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import { ComponentWidget } from '../../components/componentWidget';
import { useVisibility } from '../../state/visibility';
import { servicesWith } from '../services';

function Seen(): JSX.Element {
  const isVisible = useVisibility();
  return <p>{String(isVisible)}</p>;
}

describe('ComponentWidget', () => {
  it('tells its component whether it is seen, also when a panel around it is hidden', async () => {
    const panel = new Panel();
    const widget = new ComponentWidget(servicesWith({}), 'id', 'Title', Seen);
    panel.addWidget(widget);
    const done = (change: () => void) =>
      act(async () => {
        change();
        MessageLoop.flush();
      });
    await done(() => Widget.attach(panel, document.body));
    expect(widget.node).toHaveTextContent('true');
    await done(() => panel.hide());
    expect(widget.node).toHaveTextContent('false');
    await done(() => panel.show());

    expect(widget.node).toHaveTextContent('true');
    await done(() => panel.dispose());
  });
});
