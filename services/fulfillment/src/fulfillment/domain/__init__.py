"""The rules of fulfilment. Pure: values in, values out."""
