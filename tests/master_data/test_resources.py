"""The four resources of the master data pass what every resource must pass."""

from typing import ClassVar

from master_data.api import DEPARTMENTS, EMPLOYEES, PARTIES, PRODUCTS
from vertical_devkit.resource_cases import ResourceCases


class TestParties(ResourceCases):
    resource = PARTIES
    valid: ClassVar = {"name": "杭州青禾商贸有限公司", "credit_code": "91110000600037341L", "phone": "0571-88880000", "is_customer": True}
    another: ClassVar = {"name": "宁波东海水产有限公司", "is_supplier": True, "payment_days": 30}
    invalid: ClassVar = {
        "name": ["", "   ", "长" * 201],
        "credit_code": ["91110000600037341A", "123", "91110000600037341LL"],
        "kind": ["robot"],
        "email": ["nobody"],
        "payment_days": [-1, 2**31],
        "tax_number": ["12"],
    }


class TestProducts(ResourceCases):
    resource = PRODUCTS
    valid: ClassVar = {"sku": "M-001", "name": "骨瓷马克杯", "unit": "只", "list_price": "128.00", "tax_code": "VAT13"}
    another: ClassVar = {"sku": "S-001", "name": "安装服务", "kind": "service", "unit": "次", "list_price": "300.5", "tax_code": "VAT6"}
    invalid: ClassVar = {
        "sku": ["", "x" * 41],
        "name": [""],
        "list_price": ["-1", "abc", "1e30", "0.1234567", "NaN", "Infinity"],
        "tax_code": ["VAT99"],
        "kind": ["gas"],
    }


class TestDepartments(ResourceCases):
    resource = DEPARTMENTS
    valid: ClassVar = {"code": "D01", "name": "销售部"}
    another: ClassVar = {"code": "D02", "name": "财务部", "active": False}
    invalid: ClassVar = {"code": ["", "x" * 21], "name": [""], "parent_id": ["00000000-0000-0000-0000-000000000000"]}


class TestEmployees(ResourceCases):
    resource = EMPLOYEES
    valid: ClassVar = {"code": "E01", "name": "王丽", "joined_on": "2024-03-01"}
    another: ClassVar = {"code": "E02", "name": "孙伟", "position": "会计"}
    invalid: ClassVar = {"code": [""], "joined_on": ["yesterday"], "department_id": ["00000000-0000-0000-0000-000000000000"]}
