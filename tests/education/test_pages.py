"""Education in the browser and over the API: pages, forms, refusals, and what a company without it sees."""

import re

import pytest

from kernel.ids import new_id

SEEN = {"education.student.read", "education.enrolment.read", "education.class.read"}


@pytest.fixture
async def at_school(client_for, school):
    return await client_for(school.tenant)


async def make_class(client, *, code="ENG", price="1000.00", lessons=10):
    course = await client.post("/api/v1/education/courses", json={"code": code, "name": "少儿英语", "lessons": lessons, "price": price})
    assert course.status_code == 201, course.text
    group = await client.post("/api/v1/education/classes", json={"code": f"{code}-1", "name": "英语一班", "course_id": course.json()["id"]})
    assert group.status_code == 201, group.text
    return group.json()["id"]


async def make_student(client, name="王子涵"):
    made = await client.post("/api/v1/education/students", json={"name": name, "guardian_name": "王建国", "guardian_phone": "13905710001"})
    assert made.status_code == 201, made.text
    return made.json()


async def test_a_student_is_enrolled_taught_and_paid_in_the_browser(at_school):
    class_id = await make_class(at_school)
    created = await at_school.post("/education/students/new", data={"name": "李欣怡", "birth_on": "2015-05-04", "guardian_name": "李丽华"})
    assert created.status_code == 303, created.text
    page = await at_school.get(created.headers["location"])
    assert page.status_code == 200
    assert "李欣怡" in page.text
    assert "李丽华" in page.text
    student_id = created.headers["location"].rpartition("/")[2]
    form = await at_school.get(f"/education/enrolments/new?student={student_id}")
    assert "英语一班 (1,000.00)" in form.text
    data = {"student_id": student_id, "class_id": class_id, "tuition": "900", "discount_reason": "老带新", "enrol": "1"}
    enrolled = await at_school.post("/education/enrolments/new", data=data)
    assert enrolled.status_code == 303, enrolled.text
    address = enrolled.headers["location"]
    for command, values in (("receive", {"amount": "500"}), ("teach", {"count": "2"})):
        answer = await at_school.post(f"{address}/{command}", data=values)
        assert answer.status_code == 303, answer.text
    shown = await at_school.get(address)
    for text in ("EN-", "¥900.00", "¥500.00", "2 / 10", "¥180.00", "¥720.00"):
        assert text in shown.text, text
    lists = await at_school.get("/education/enrolments?state=enrolled")
    assert "李欣怡" in lists.text
    assert "李欣怡" in (await at_school.get("/education/students?q=李欣")).text
    assert (await at_school.post(f"{address}/withdraw")).status_code == 303
    assert (await at_school.post(f"{address}/refund", data={"refund": "320"})).status_code == 303
    assert "已退班" in (await at_school.get(address)).text


async def test_a_wrong_form_is_drawn_again_with_what_was_typed(at_school):
    nameless = await at_school.post("/education/students/new", data={"name": " ", "guardian_name": "李丽华", "birth_on": "04.05.2015"})
    assert nameless.status_code == 422
    assert "请按 YYYY-MM-DD 填写日期" in nameless.text
    assert "李丽华" in nameless.text
    nothing = await at_school.post("/education/enrolments/new", data={"tuition": "lots"})
    assert nothing.status_code == 422
    assert "请选择学员" in nothing.text
    class_id, student = await make_class(at_school), await make_student(at_school)
    dear = await at_school.post("/education/enrolments/new", data={"student_id": student["id"], "class_id": class_id, "tuition": "5000"})
    assert dear.status_code == 422
    assert "学费应在 0 与标价" in dear.text
    assert (await at_school.get("/api/v1/education/enrolments")).json() == []


async def test_commands_over_the_api_and_their_refusals(at_school):
    class_id, student = await make_class(at_school), await make_student(at_school)
    made = await at_school.post("/api/v1/education/enrolments", json={"student_id": student["id"], "class_id": class_id})
    assert (made.status_code, made.json()["state"], made.json()["tuition"]) == (201, "draft", "1000.00")
    address = f"/api/v1/education/enrolments/{made.json()['id']}"
    early = await at_school.post(f"{address}/teach", json={})
    assert (early.status_code, early.json()["code"]) == (409, "education_enrolment_state_wrong")
    assert (await at_school.post(f"{address}/enrol")).json()["state"] == "enrolled"
    again = await at_school.post(f"{address}/enrol")
    assert (again.status_code, again.json()["code"]) == (409, "education_enrolment_state_wrong")
    taught = await at_school.post(f"/api/v1/education/attendance/{class_id}", json={})
    assert taught.json() == {"lessons": 1, "amount": "100.00"}
    much = await at_school.post(f"{address}/receive", json={"amount": "1000.01"})
    assert (much.status_code, much.json()["errors"][0]["field"]) == (422, "amount")
    assert (await at_school.post(f"{address}/receive", json={"amount": "1000.00"})).json()["paid"] == "1000.00"
    changed = await at_school.patch(f"/api/v1/education/students/{student['id']}", json={"grade": "四年级"})
    assert changed.json()["grade"] == "四年级"
    assert (await at_school.delete(address)).status_code == 409
    assert (await at_school.get(f"/api/v1/education/students/{new_id()}")).status_code == 404


async def test_who_may_look_may_not_act(client_for, school, at_school):
    class_id, student = await make_class(at_school), await make_student(at_school)
    made = (await at_school.post("/api/v1/education/enrolments", json={"student_id": student["id"], "class_id": class_id})).json()
    onlooker = await client_for(school.tenant, permissions=SEEN)
    assert (await onlooker.get(f"/education/enrolments/{made['id']}")).status_code == 200
    for command in ("enrol", "withdraw", "receive", "teach", "refund"):
        assert (await onlooker.post(f"/education/enrolments/{made['id']}/{command}")).status_code == 403, command
        assert (await onlooker.post(f"/api/v1/education/enrolments/{made['id']}/{command}", json={})).status_code == 403, command
    drafter = await client_for(school.tenant, permissions={*SEEN, "education.enrolment.create"})
    other = await make_student(at_school, "张梓轩")
    refused = await drafter.post("/education/enrolments/new", data={"student_id": other["id"], "class_id": class_id, "enrol": "1"})
    assert refused.status_code in (403, 422)
    assert len((await at_school.get("/api/v1/education/enrolments")).json()) == 1


async def test_another_school_sees_nothing_and_a_company_without_education_gets_404(at_school, client_for, new_tenant, client):
    student = await make_student(at_school)
    stranger = await client_for(await new_tenant("education"))
    assert (await stranger.get("/api/v1/education/students")).json() == []
    assert (await stranger.get(f"/education/students/{student['id']}")).status_code == 404
    assert (await stranger.patch(f"/api/v1/education/students/{student['id']}", json={"name": "x"})).status_code == 404
    for path in ("/education/students", "/education/enrolments", "/education/courses", "/api/v1/education/students"):
        assert (await client.get(path)).status_code == 404, path


async def test_what_education_adds_to_pages_of_others(at_school):
    class_id, student = await make_class(at_school), await make_student(at_school)
    made = (await at_school.post("/api/v1/education/enrolments", json={"student_id": student["id"], "class_id": class_id})).json()
    await at_school.post(f"/api/v1/education/enrolments/{made['id']}/enrol")
    party = await at_school.get(f"/parties/{student['party_id']}")
    assert "王建国" in party.text
    assert "英语一班" in party.text
    home = await at_school.get("/")
    assert "待消课学费" in home.text
    assert "/education/students" in home.text


async def test_the_list_of_roles_says_which_app_brought_a_role(at_school):
    listed = await at_school.get("/settings/roles", headers={"accept": "text/html", "accept-language": "zh-CN"})
    assert listed.status_code == 200
    assert re.search(r"<td[^>]*>\s*教育培训\s*</td>", listed.text)
    assert "发件人" not in listed.text
