"""The invariant centre (勾稽中心): what must hold in the books, looked at on demand and each night."""
