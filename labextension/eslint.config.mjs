import jupyter from '@jupyter/eslint-plugin';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['lib/**', 'node_modules/**', 'style/**', '*.js', 'src/generated/**'] },
  ...tseslint.configs.recommended,
  ...jupyter.configs.recommended.map(each => ({ ...each, plugins: { jupyter } })),
  {
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    languageOptions: { parserOptions: { project: 'tsconfig.json' } },
    rules: {
      // The shell wants the sidebar, and the sidebar the client, at the very start.
      'jupyter/prefer-lazy-imports': 'off',
      // Options of a class are kept in a namespace of its name, as everywhere in JupyterLab.
      '@typescript-eslint/no-namespace': 'off',
      '@typescript-eslint/naming-convention': [
        'error',
        { selector: 'interface', format: ['PascalCase'], custom: { regex: '^I[A-Z]', match: true } }
      ],
      '@typescript-eslint/no-unused-vars': ['warn', { args: 'none' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      curly: ['error', 'all'],
      eqeqeq: 'error',
      'prefer-arrow-callback': 'error'
    }
  },
  {
    files: ['src/__tests__/**'],
    rules: { 'jupyter/command-described-by': 'off' }
  }
);
