
#include "services/http-api/figures/figures.h"

#define PHASE(name, is_count, unit, meaning) \
	{#name, offsetof(struct phase_figures, name), is_count, unit, meaning}
#define SESSION(name, is_count, unit, meaning) \
	{#name, offsetof(struct session_figures, name), is_count, unit, meaning}

const struct figure phase_figure_list[] = {
	PHASE(duration_seconds, 1, "s", "from its start to its last reading"),
	PHASE(readings, 1, "", "readings, those without a value too"),
	PHASE(spo2_readings_count, 1, "", "values of SpO2"),
	PHASE(min_spo2, 0, "%", "least SpO2"),
	PHASE(max_spo2, 0, "%", "greatest SpO2"),
	PHASE(avg_spo2, 0, "%", "mean SpO2"),
	PHASE(spo2_volatility_total, 0, "%", "standard deviation of SpO2"),
	PHASE(peak_heart_rate, 0, "beats/min", "greatest heart rate"),
	PHASE(hr_at_phase_end, 0, "beats/min", "last heart rate"),
	PHASE(altitude_level, 1, "", "greatest dial"),
	PHASE(mask_lift_count, 1, "", "altitude: mask lifts of it"),
	PHASE(time_in_therapeutic_zone, 1, "s", "altitude: values of SpO2 from 85 to 90"),
	PHASE(therapeutic_efficiency_score, 0, "", "altitude: share of values in the zone, 0 to 1"),
	PHASE(time_to_therapeutic_zone, 1, "s", "altitude: to the first SpO2 under 90; the app's desaturation_rate"),
	PHASE(time_below_83, 1, "s", "altitude: values of SpO2 under 83"),
	PHASE(spo2_volatility_in_zone, 0, "%", "altitude: standard deviation of values in the zone"),
	PHASE(spo2_volatility_out_of_zone, 0, "%", "altitude: standard deviation of the other values"),
	PHASE(cycle_adaptation_score, 1, "", "altitude: 0 to 100, of the cycle with its recovery"),
	PHASE(time_to_95_percent_seconds, 1, "s", "recovery: to the first SpO2 of 95 or more"),
	PHASE(time_above_95_percent_seconds, 1, "s", "recovery: in stretches of 95 or more that are over"),
	PHASE(hr_recovery_60s, 0, "beats/min", "recovery: first heart rate less that of sample 60, or the last"),
	PHASE(spo2_recovery_slope, 0, "%/s", "recovery: least-squares slope of the first 30 values"),
	{NULL, 0, 0, NULL, NULL}};

const struct figure session_figure_list[] = {
	SESSION(readings, 1, "", "readings, those without a value too"),
	SESSION(spo2_readings_count, 1, "", "values of SpO2"),
	SESSION(cycles, 1, "", "altitude phases with readings"),
	SESSION(min_spo2, 0, "%", "least SpO2"),
	SESSION(max_spo2, 0, "%", "greatest SpO2"),
	SESSION(avg_spo2, 0, "%", "mean SpO2"),
	SESSION(min_heart_rate, 0, "beats/min", "least heart rate"),
	SESSION(max_heart_rate, 0, "beats/min", "greatest heart rate"),
	SESSION(avg_heart_rate, 0, "beats/min", "mean heart rate"),
	SESSION(therapeutic_zone_min_spo2, 0, "%", "the zone that is meant here"),
	SESSION(therapeutic_zone_max_spo2, 0, "%", "the zone that is meant here"),
	SESSION(total_time_in_zone, 1, "s", "values of SpO2 in the zone, in altitude phases"),
	SESSION(total_time_below_83, 1, "s", "values of SpO2 under 83, in altitude phases"),
	SESSION(therapeutic_efficiency_score, 0, "", "share of the altitude phases' values in the zone, 0 to 1"),
	SESSION(avg_desaturation_rate, 0, "s", "to the first SpO2 under 90, mean of the cycles"),
	SESSION(min_desaturation_rate, 1, "s", "the same, least"),
	SESSION(max_desaturation_rate, 1, "s", "the same, greatest"),
	SESSION(desaturation_consistency, 0, "s", "the same, standard deviation"),
	SESSION(avg_volatility_in_zone, 0, "%", "mean of the altitude phases' standard deviations in the zone"),
	SESSION(avg_volatility_out_of_zone, 0, "%", "the same, out of the zone"),
	SESSION(avg_volatility_total, 0, "%", "the same, of all values"),
	SESSION(total_mask_lifts, 1, "", "mask lifts"),
	SESSION(hypoxic_stability_score, 1, "", "100 less 10 for each mask lift, not below 0"),
	SESSION(avg_mask_lift_recovery_10s, 0, "%", "SpO2 gained 10 to 11 s after a lift, mean"),
	SESSION(avg_mask_lift_recovery_15s, 0, "%", "SpO2 gained 15 to 16 s after a lift, mean"),
	SESSION(avg_spo2_recovery_time, 0, "s", "to the first SpO2 of 95 or more in a recovery, mean"),
	SESSION(min_spo2_recovery_time, 1, "s", "the same, least"),
	SESSION(max_spo2_recovery_time, 1, "s", "the same, greatest"),
	SESSION(recovery_consistency, 0, "s", "the same, standard deviation"),
	SESSION(avg_hr_recovery, 0, "beats/min", "mean of the recoveries' hr_recovery_60s"),
	SESSION(first_cycle_score, 1, "", "cycle_adaptation_score of the first cycle"),
	SESSION(last_cycle_score, 1, "", "cycle_adaptation_score of the last cycle"),
	SESSION(intra_session_improvement, 1, "", "last less first"),
	SESSION(session_adaptation_index, 0, "", "mean of the cycles' scores"),
	SESSION(altitude_level_achieved, 1, "", "greatest dial of the altitude phases"),
	{NULL, 0, 0, NULL, NULL}};

double
figure_value(const void *figures, const struct figure *figure)
{
	return *(const double *)((const char *)figures + figure->offset);
}
