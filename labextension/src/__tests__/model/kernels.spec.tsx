import { screen } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { KernelLists } from '../../api/types';
import { KernelsPart } from '../../model/kernels';
import { show, wire } from '../services';

const [CHURN] = wire<KernelLists>('kernels').installed;

it('offers no notebook of a kernel that cannot start, but to remove it', async () => {
  const gone = { ...CHURN, gone: 'the model churn is gone' };
  await show(<KernelsPart nothing="none" />, {
    kernels: async () => ({ running: [], installed: [gone] })
  });

  expect(screen.getByText('cannot start: the model churn is gone')).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: /^New notebook/ })).toBeNull();
  expect(screen.getByRole('button', { name: /^Remove churn@1/ })).toBeInTheDocument();
});
