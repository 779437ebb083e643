"""The rules of intake. Pure: values in, values out."""
