"""The tricky cases T01 to T101, each through the product's own doors: HTTP as programs and pages speak it, or commands.

A case's test is named ``test_TNN_...`` and stands here, in a file by theme. Some are part of a walk elsewhere:

T36   tests/inventory/upkeep/test_scrap_pages.py   test_T36_proposed_approved_by_another_and_disposed_of_with_proof
T83   tests/web/test_browser.py   test_T83_a_code_typed_by_hand_opens_the_thing_in_any_writing
T98   tests/inventory/documents/test_keepers.py   test_T98_over_http_with_a_protocol
"""
