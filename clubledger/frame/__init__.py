"""The look that pages share: layout, components, tables, charts as SVG, exports."""
