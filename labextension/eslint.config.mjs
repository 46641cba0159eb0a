import jupyter from '@jupyter/eslint-plugin';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['lib/**', 'node_modules/**', 'style/**', '*.js', 'src/api/schema.d.ts'] },
  ...tseslint.configs.recommended,
  ...jupyter.configs.recommended.map(config => ({ ...config, plugins: { jupyter } })),
  {
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    languageOptions: { parserOptions: { project: 'tsconfig.json' } },
    rules: {
      // The sidebar and the client are needed at startup.
      'jupyter/prefer-lazy-imports': 'off',
      // JupyterLab's convention: the options of a class are in a namespace of its name.
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
