package org.wardkey.app.screens

import android.app.Dialog
import android.view.View
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.shadows.ShadowDialog
import org.wardkey.app.R
import org.wardkey.app.idleUntil
import org.wardkey.app.words.remedy
import org.wardkey.app.words.title
import org.wardkey.core.Passkey
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason

internal class DetailsActivityTest : ScreenTest() {
    private val sound = passkey()
    private val invalidated = passkey(id = 2, invalidated = true, lastUsed = null)

    @Test
    fun `draws a passkey`() = drawDetails("details", sound)

    @Test
    fun `draws a passkey that no longer works`() = drawDetails("details-invalidated", invalidated)

    @Test
    fun `draws what removal means`() {
        world.passkeys += sound
        draw<DetailsActivity>(
            "removal",
            intent = { intent(sound.credentialId) },
            window = { requireNotNull(dialog.window).decorView },
        ) { it.requireViewById<View>(R.id.details_remove).performClick() }
    }

    @Test
    fun `draws what removal of a passkey means that no longer works`() {
        world.passkeys += invalidated
        draw<DetailsActivity>(
            "removal-invalidated",
            intent = { intent(invalidated.credentialId) },
            window = { requireNotNull(dialog.window).decorView },
        ) { it.requireViewById<View>(R.id.details_remove).performClick() }
    }

    @Test
    fun `draws names of any length`() = drawDetails("details-long", longest)

    @Test
    fun `draws that a passkey was removed`() = draw<DetailsActivity>(
        "details-removed",
        intent = {
            world.passkeys = mutableListOf(sound)
            intent(sound.credentialId)
        },
    ) { activity ->
        remove(activity)
        idleUntil { activity.text(R.id.details_notice_title) == activity.getString(R.string.removal_done) }
    }

    @Test
    fun `draws that a passkey is gone`() =
        draw<DetailsActivity>("details-gone", intent = { intent(byteArrayOf(9)) }) { activity ->
            idleUntil { activity.text(R.id.details_notice_title) == activity.getString(R.string.details_gone) }
        }

    private fun remove(activity: DetailsActivity) {
        idleUntil { activity.shows(R.id.details_card) }
        activity.requireViewById<View>(R.id.details_remove).performClick()
        dialog.requireViewById<View>(R.id.removal_confirm).performClick()
    }

    @Test
    fun `a removed passkey is gone, and the site is still to be told`() {
        val activity = opened(sound, invalidated)
        remove(activity)
        idleUntil { world.passkeys == listOf(invalidated) }
        idleUntil { activity.text(R.id.details_notice_title) == activity.getString(R.string.removal_done) }
        assertEquals(activity.getString(R.string.removal_site), activity.text(R.id.details_notice_text))
        assertFalse(activity.shows(R.id.details_card))
        assertFalse(activity.shows(R.id.details_remove))
    }

    @Test
    fun `the code for the registration authority is there to be read again`() {
        val activity = opened(sound)
        assertEquals(sound.witness, activity.text(R.id.details_witness))
        val said = activity.requireViewById<View>(R.id.details_witness).contentDescription
        assertEquals("1 2 3 4, 5 6 7 8, 9 0 1 2", said)
        val older = opened(passkey(witness = null))
        assertFalse(older.shows(R.id.details_witness))
        assertFalse(older.shows(R.id.details_witness_label))
    }

    @Test
    fun `nothing is removed without a yes`() {
        val activity = opened(sound)
        val byButton = { dialog.requireViewById<View>(R.id.question_cancel).performClick() }
        for (refuse in listOf(byButton, { dialog.cancel() })) {
            activity.requireViewById<View>(R.id.details_remove).performClick()
            assertTrue(dialog.isShowing)
            refuse()
            idleUntil { !dialog.isShowing }
            assertEquals(listOf(sound), world.passkeys)
            assertTrue(activity.shows(R.id.details_card))
        }
    }

    @Test
    fun `a removal that fails says why, and can be tried again`() {
        val activity = opened(sound)
        world.failure = PasskeyException.Internal(failure(Reason.BUSY))
        activity.requireViewById<View>(R.id.details_remove).performClick()
        dialog.requireViewById<View>(R.id.removal_confirm).performClick()
        idleUntil { activity.shows(R.id.details_notice) }
        assertEquals(activity.getString(Reason.BUSY.title), activity.text(R.id.details_notice_title))
        assertEquals(listOf(sound), world.passkeys)
        assertTrue(activity.requireViewById<View>(R.id.details_remove).isEnabled)
    }

    @Test
    fun `a key that the hardware destroyed has its remedy`() {
        val activity = opened(invalidated)
        val remedy = activity.getString(Reason.KEY_INVALIDATED.remedy)
        assertEquals(remedy, activity.text(R.id.details_notice_text))
        assertFalse(opened(sound).shows(R.id.details_notice))
    }

    @Test
    fun `facts that a site left out take no room`() {
        val bare = passkey(id = 9, userName = "").copy(rpName = null, displayName = "")
        val activity = opened(bare)
        for (id in listOf(R.id.details_site_name, R.id.details_account_label, R.id.details_person)) {
            assertFalse(activity.shows(id))
        }
    }

    @Test
    fun `a passkey that is no longer there says so, and so does an intent without one`() {
        for (intent in listOf(intent(byteArrayOf(9)), null)) {
            val activity = Robolectric.buildActivity(DetailsActivity::class.java, intent).setup().get()
            val gone = activity.getString(R.string.details_gone)
            idleUntil { activity.text(R.id.details_notice_title) == gone }
            assertFalse(activity.shows(R.id.details_card))
        }
    }

    private val dialog: Dialog get() = ShadowDialog.getLatestDialog()

    private fun intent(credentialId: ByteArray) =
        DetailsActivity.intent(RuntimeEnvironment.getApplication(), credentialId)

    private fun opened(vararg passkeys: Passkey): DetailsActivity {
        world.passkeys = passkeys.toMutableList()
        val intent = intent(passkeys.first().credentialId)
        val activity = Robolectric.buildActivity(DetailsActivity::class.java, intent).setup().get()
        idleUntil { activity.shows(R.id.details_card) }
        return activity
    }

    private fun drawDetails(name: String, passkey: Passkey) {
        world.passkeys += passkey
        draw<DetailsActivity>(
            name,
            intent = { intent(passkey.credentialId) },
        ) { activity -> idleUntil { activity.shows(R.id.details_card) } }
    }
}
