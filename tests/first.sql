insert into "department" select * from json_populate_recordset(null::"department", '[
{"id":"008d3bf2-04cc-54ca-bb07-e0fd924f966e","name":"Company","parent_id":null,"source":null,"external_id":null},
{"id":"597a0fde-ad13-5c95-90cb-9e64d0b59620","name":"Sales","parent_id":"008d3bf2-04cc-54ca-bb07-e0fd924f966e","source":null,"external_id":null},
{"id":"623c142c-bbd5-5a8a-bd14-e5b16e583706","name":"Platform","parent_id":"c955b69e-f02e-5d58-81ce-8291d68d2b44","source":null,"external_id":null},
{"id":"c955b69e-f02e-5d58-81ce-8291d68d2b44","name":"Engineering","parent_id":"008d3bf2-04cc-54ca-bb07-e0fd924f966e","source":null,"external_id":null}
]');
insert into "employee" select * from json_populate_recordset(null::"employee", '[
{"id":"03b38a19-475c-5602-8ffd-cfd0480804c1","given_name":"Dan","family_name":"Test","display_name":"Dan Test","email":"dan@example.com","number":"N-DAN","locale":"en","time_zone":"UTC","source":null,"external_id":null,"created_at":"2020-01-01T00:00:00+00:00"},
{"id":"42518390-a40a-5406-a650-0a61b9405358","given_name":"Lena","family_name":"Test","display_name":"Lena Test","email":"lena@example.com","number":"N-LENA","locale":"en","time_zone":"UTC","source":null,"external_id":null,"created_at":"2020-01-01T00:00:00+00:00"},
{"id":"50d718aa-162e-530e-8371-1af888fc0512","given_name":"Ben","family_name":"Test","display_name":"Ben Test","email":"ben@example.com","number":"N-BEN","locale":"en","time_zone":"UTC","source":null,"external_id":null,"created_at":"2020-01-01T00:00:00+00:00"},
{"id":"5ca80727-a517-5418-b003-5058489e9d93","given_name":"Eve","family_name":"Test","display_name":"Eve Test","email":"eve@example.com","number":"N-EVE","locale":"en","time_zone":"UTC","source":null,"external_id":null,"created_at":"2020-01-01T00:00:00+00:00"},
{"id":"83712d91-897c-5b72-9eab-5355d403ba04","given_name":"Cleo","family_name":"Test","display_name":"Cleo Test","email":"cleo@example.com","number":"N-CLEO","locale":"en","time_zone":"UTC","source":null,"external_id":null,"created_at":"2020-01-01T00:00:00+00:00"},
{"id":"84c385bb-2de2-5df8-8fe2-dcea1c9a0539","given_name":"Ada","family_name":"Test","display_name":"Ada Test","email":"ada@example.com","number":"N-ADA","locale":"en","time_zone":"UTC","source":null,"external_id":null,"created_at":"2020-01-01T00:00:00+00:00"},
{"id":"8bcb57f8-df47-53d5-b7f6-8b53a9947338","given_name":"Auda","family_name":"Test","display_name":"Auda Test","email":"auda@example.com","number":"N-AUDA","locale":"en","time_zone":"UTC","source":null,"external_id":null,"created_at":"2020-01-01T00:00:00+00:00"},
{"id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","given_name":"Grace","family_name":"Test","display_name":"Grace Test","email":"grace@example.com","number":"N-GRACE","locale":"en","time_zone":"UTC","source":null,"external_id":null,"created_at":"2020-01-01T00:00:00+00:00"},
{"id":"e1dd9534-a5c7-5ede-b000-89151f421b6c","given_name":"Pat","family_name":"Test","display_name":"Pat Test","email":"pat@example.com","number":"N-PAT","locale":"en","time_zone":"UTC","source":null,"external_id":null,"created_at":"2020-01-01T00:00:00+00:00"},
{"id":"fc3315cf-e4e8-5b20-aaa9-e6d68d02f8a6","given_name":"Finn","family_name":"Test","display_name":"Finn Test","email":"finn@example.com","number":"N-FINN","locale":"en","time_zone":"UTC","source":null,"external_id":null,"created_at":"2020-01-01T00:00:00+00:00"}
]');
insert into "framework" select * from json_populate_recordset(null::"framework", '[
{"id":"4040b946-df83-520f-bf19-186e528ba0d8","name":"Own","version":"1","publisher":"The company","url":null,"licence":null}
]');
insert into "job_role" select * from json_populate_recordset(null::"job_role", '[
{"id":"8cf0501b-6e36-572f-808a-d2739b6254ae","code":"engineer","name":"Engineer","description":null,"occupation":null},
{"id":"93c532f2-7a8f-5b48-8c33-ff3acf52b7ee","code":"seller","name":"Seller","description":null,"occupation":null}
]');
insert into "proficiency_level" select * from json_populate_recordset(null::"proficiency_level", '[
{"id":"0bc2bed5-14ee-51c7-bab0-c30fd7f45115","level":3,"name":"Independent","descriptor":"It is Independent"},
{"id":"1b880545-4dd5-52ee-843d-4c919767fd4c","level":1,"name":"Aware","descriptor":"It is Aware"},
{"id":"2ba7d389-882d-58fa-920b-2312c232a3dc","level":0,"name":"None","descriptor":"It is None"},
{"id":"c2b005e8-70ad-5b57-8ed8-e1b7fe849ef5","level":4,"name":"Advanced","descriptor":"It is Advanced"},
{"id":"ccd76a98-e601-5146-8cb8-c32445876697","level":2,"name":"Guided","descriptor":"It is Guided"},
{"id":"dc12d13d-8f97-50d1-a2e1-94f80cbf13f4","level":5,"name":"Expert","descriptor":"It is Expert"}
]');
insert into "employment" select * from json_populate_recordset(null::"employment", '[
{"id":"296af2c5-fc12-5f60-b496-0f01ac79879d","employee_id":"50d718aa-162e-530e-8371-1af888fc0512","valid":"[2024-01-01,)","manager_id":"84c385bb-2de2-5df8-8fe2-dcea1c9a0539","department_id":"623c142c-bbd5-5a8a-bd14-e5b16e583706","job_role_id":"8cf0501b-6e36-572f-808a-d2739b6254ae","title":"Engineer","location":"Berlin","work":"ACTIVE"},
{"id":"50bbbaa1-604b-549a-b244-b31964617e40","employee_id":"5ca80727-a517-5418-b003-5058489e9d93","valid":"[2020-01-01,2023-01-01)","manager_id":"84c385bb-2de2-5df8-8fe2-dcea1c9a0539","department_id":"623c142c-bbd5-5a8a-bd14-e5b16e583706","job_role_id":"8cf0501b-6e36-572f-808a-d2739b6254ae","title":"Engineer","location":"Berlin","work":"ACTIVE"},
{"id":"5b90e1ab-3997-5a2f-8664-21aded06380d","employee_id":"8bcb57f8-df47-53d5-b7f6-8b53a9947338","valid":"[2020-01-01,)","manager_id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","department_id":"008d3bf2-04cc-54ca-bb07-e0fd924f966e","job_role_id":null,"title":"Auditor","location":"Lisbon","work":"ACTIVE"},
{"id":"61d8d0dd-9ab5-5a75-8d31-44b97713b542","employee_id":"50d718aa-162e-530e-8371-1af888fc0512","valid":"[2021-01-01,2024-01-01)","manager_id":"03b38a19-475c-5602-8ffd-cfd0480804c1","department_id":"597a0fde-ad13-5c95-90cb-9e64d0b59620","job_role_id":"93c532f2-7a8f-5b48-8c33-ff3acf52b7ee","title":"Sales Engineer","location":"Lisbon","work":"ACTIVE"},
{"id":"6290c15f-5fa2-5422-ae08-885d3bf1a0b1","employee_id":"03b38a19-475c-5602-8ffd-cfd0480804c1","valid":"[2020-06-01,)","manager_id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","department_id":"597a0fde-ad13-5c95-90cb-9e64d0b59620","job_role_id":"93c532f2-7a8f-5b48-8c33-ff3acf52b7ee","title":"Head of Sales","location":"Lisbon","work":"ACTIVE"},
{"id":"631df8f8-260f-5d65-9e1a-ffb40d71afd2","employee_id":"42518390-a40a-5406-a650-0a61b9405358","valid":"[2020-01-01,)","manager_id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","department_id":"008d3bf2-04cc-54ca-bb07-e0fd924f966e","job_role_id":null,"title":"Head of Learning","location":"Lisbon","work":"ACTIVE"},
{"id":"76bd88f0-9d88-51fa-99b0-36215aee476c","employee_id":"e1dd9534-a5c7-5ede-b000-89151f421b6c","valid":"[2020-01-01,)","manager_id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","department_id":"008d3bf2-04cc-54ca-bb07-e0fd924f966e","job_role_id":null,"title":"Head of People","location":"Lisbon","work":"ACTIVE"},
{"id":"7e2bc795-25b7-575c-a2d3-8436279f1e91","employee_id":"83712d91-897c-5b72-9eab-5355d403ba04","valid":"[2022-01-01,)","manager_id":"50d718aa-162e-530e-8371-1af888fc0512","department_id":"623c142c-bbd5-5a8a-bd14-e5b16e583706","job_role_id":"8cf0501b-6e36-572f-808a-d2739b6254ae","title":"Junior Engineer","location":"Berlin","work":"ACTIVE"},
{"id":"875025dd-fb17-523b-8fb1-de19364762d0","employee_id":"84c385bb-2de2-5df8-8fe2-dcea1c9a0539","valid":"[2020-01-01,)","manager_id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","department_id":"623c142c-bbd5-5a8a-bd14-e5b16e583706","job_role_id":"8cf0501b-6e36-572f-808a-d2739b6254ae","title":"Head of Platform","location":"Berlin","work":"ACTIVE"},
{"id":"bc124255-30d6-545f-82d4-b8e3abaf2fa6","employee_id":"fc3315cf-e4e8-5b20-aaa9-e6d68d02f8a6","valid":"[2027-01-24,)","manager_id":"84c385bb-2de2-5df8-8fe2-dcea1c9a0539","department_id":"623c142c-bbd5-5a8a-bd14-e5b16e583706","job_role_id":"8cf0501b-6e36-572f-808a-d2739b6254ae","title":"Engineer","location":"Berlin","work":"ACTIVE"},
{"id":"c5c8e088-975d-5435-9589-85ac086d064d","employee_id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","valid":"[2020-01-01,)","manager_id":null,"department_id":"008d3bf2-04cc-54ca-bb07-e0fd924f966e","job_role_id":null,"title":"Managing Director","location":"Lisbon","work":"ACTIVE"}
]');
insert into "reporting_line" select * from json_populate_recordset(null::"reporting_line", '[
{"manager_id":"03b38a19-475c-5602-8ffd-cfd0480804c1","employee_id":"50d718aa-162e-530e-8371-1af888fc0512","depth":1,"valid":"[2021-01-01,2024-01-01)"},
{"manager_id":"03b38a19-475c-5602-8ffd-cfd0480804c1","employee_id":"83712d91-897c-5b72-9eab-5355d403ba04","depth":2,"valid":"[2022-01-01,2024-01-01)"},
{"manager_id":"50d718aa-162e-530e-8371-1af888fc0512","employee_id":"83712d91-897c-5b72-9eab-5355d403ba04","depth":1,"valid":"[2022-01-01,)"},
{"manager_id":"84c385bb-2de2-5df8-8fe2-dcea1c9a0539","employee_id":"50d718aa-162e-530e-8371-1af888fc0512","depth":1,"valid":"[2024-01-01,)"},
{"manager_id":"84c385bb-2de2-5df8-8fe2-dcea1c9a0539","employee_id":"5ca80727-a517-5418-b003-5058489e9d93","depth":1,"valid":"[2020-01-01,2023-01-01)"},
{"manager_id":"84c385bb-2de2-5df8-8fe2-dcea1c9a0539","employee_id":"83712d91-897c-5b72-9eab-5355d403ba04","depth":2,"valid":"[2024-01-01,)"},
{"manager_id":"84c385bb-2de2-5df8-8fe2-dcea1c9a0539","employee_id":"fc3315cf-e4e8-5b20-aaa9-e6d68d02f8a6","depth":1,"valid":"[2027-01-24,)"},
{"manager_id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","employee_id":"03b38a19-475c-5602-8ffd-cfd0480804c1","depth":1,"valid":"[2020-06-01,)"},
{"manager_id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","employee_id":"42518390-a40a-5406-a650-0a61b9405358","depth":1,"valid":"[2020-01-01,)"},
{"manager_id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","employee_id":"50d718aa-162e-530e-8371-1af888fc0512","depth":2,"valid":"[2021-01-01,)"},
{"manager_id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","employee_id":"5ca80727-a517-5418-b003-5058489e9d93","depth":2,"valid":"[2020-01-01,2023-01-01)"},
{"manager_id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","employee_id":"83712d91-897c-5b72-9eab-5355d403ba04","depth":3,"valid":"[2022-01-01,)"},
{"manager_id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","employee_id":"84c385bb-2de2-5df8-8fe2-dcea1c9a0539","depth":1,"valid":"[2020-01-01,)"},
{"manager_id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","employee_id":"8bcb57f8-df47-53d5-b7f6-8b53a9947338","depth":1,"valid":"[2020-01-01,)"},
{"manager_id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","employee_id":"e1dd9534-a5c7-5ede-b000-89151f421b6c","depth":1,"valid":"[2020-01-01,)"},
{"manager_id":"b38d576c-10a3-54e9-8120-9e3f2f42dbb9","employee_id":"fc3315cf-e4e8-5b20-aaa9-e6d68d02f8a6","depth":2,"valid":"[2027-01-24,)"}
]');
insert into "skill" select * from json_populate_recordset(null::"skill", '[
{"id":"440bd453-74d4-53eb-83fe-550d22b12449","framework_id":"4040b946-df83-520f-bf19-186e528ba0d8","code":"p","name":"Programming","description":null,"aliases":[],"parent_id":null},
{"id":"969ea4ab-113d-5008-a440-859ff8cd9239","framework_id":"4040b946-df83-520f-bf19-186e528ba0d8","code":"negotiation","name":"Negotiation","description":null,"aliases":[],"parent_id":null},
{"id":"b473b756-1776-538a-8542-ae7b653944dc","framework_id":"4040b946-df83-520f-bf19-186e528ba0d8","code":"python","name":"Python","description":null,"aliases":["Py"],"parent_id":"440bd453-74d4-53eb-83fe-550d22b12449"},
{"id":"be262f6a-4fa5-5336-94c0-059326eff121","framework_id":"4040b946-df83-520f-bf19-186e528ba0d8","code":"sql","name":"SQL","description":null,"aliases":[],"parent_id":"440bd453-74d4-53eb-83fe-550d22b12449"}
]');
insert into "team" select * from json_populate_recordset(null::"team", '[
{"id":"1ecd5e68-df97-5d9f-8809-e0e3d82e1a8c","name":"Chess","lead_id":"03b38a19-475c-5602-8ffd-cfd0480804c1","source":null,"external_id":null},
{"id":"6586a1d9-7a3a-5459-9e19-dbdc55329dc5","name":"Core","lead_id":"84c385bb-2de2-5df8-8fe2-dcea1c9a0539","source":null,"external_id":null}
]');
insert into "role_skill" select * from json_populate_recordset(null::"role_skill", '[
{"id":"b16aced5-7e47-5836-a2ca-978e32d6d416","job_role_id":"8cf0501b-6e36-572f-808a-d2739b6254ae","skill_id":"b473b756-1776-538a-8542-ae7b653944dc","level":3,"weight":5,"must_have":true,"valid":"[\"2020-01-01 00:00:00+00\",)"},
{"id":"cb0e860e-bbbb-5786-bc12-ad540f508869","job_role_id":"8cf0501b-6e36-572f-808a-d2739b6254ae","skill_id":"be262f6a-4fa5-5336-94c0-059326eff121","level":2,"weight":3,"must_have":false,"valid":"[\"2020-01-01 00:00:00+00\",)"},
{"id":"eab4ff10-adfd-5771-b2f6-573488609e10","job_role_id":"93c532f2-7a8f-5b48-8c33-ff3acf52b7ee","skill_id":"969ea4ab-113d-5008-a440-859ff8cd9239","level":3,"weight":5,"must_have":true,"valid":"[\"2020-01-01 00:00:00+00\",)"}
]');
insert into "team_membership" select * from json_populate_recordset(null::"team_membership", '[
{"id":"263851cd-cde0-5874-a43b-98a89766e7b2","team_id":"1ecd5e68-df97-5d9f-8809-e0e3d82e1a8c","employee_id":"03b38a19-475c-5602-8ffd-cfd0480804c1","valid":"[\"2020-01-01 00:00:00+00\",)"},
{"id":"426d0a3f-9d05-528d-bf39-039e0d9b185b","team_id":"6586a1d9-7a3a-5459-9e19-dbdc55329dc5","employee_id":"84c385bb-2de2-5df8-8fe2-dcea1c9a0539","valid":"[\"2020-01-01 00:00:00+00\",)"},
{"id":"5f5b37c8-66c0-5bb1-ba41-a96002cc8296","team_id":"6586a1d9-7a3a-5459-9e19-dbdc55329dc5","employee_id":"50d718aa-162e-530e-8371-1af888fc0512","valid":"[\"2020-01-01 00:00:00+00\",)"},
{"id":"61b7d2e3-62f0-5a53-8ae6-01643ab389d7","team_id":"1ecd5e68-df97-5d9f-8809-e0e3d82e1a8c","employee_id":"50d718aa-162e-530e-8371-1af888fc0512","valid":"[\"2020-01-01 00:00:00+00\",)"},
{"id":"e4bda1de-8bc6-57c1-b281-e0cae3cba238","team_id":"6586a1d9-7a3a-5459-9e19-dbdc55329dc5","employee_id":"83712d91-897c-5b72-9eab-5355d403ba04","valid":"[\"2020-01-01 00:00:00+00\",)"}
]');
